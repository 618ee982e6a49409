"""Runs benchmarks, keeps their figures as JSON, and writes them into docs/explanation/performance.md.

python -m bench             all parts, about half an hour
python -m bench a d         some parts; the figures of the others stay
python -m bench --try a     print only, keep nothing
"""

import argparse
import json
import logging
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import structlog

from bench import (
    crowd,
    hostile,
    joins,
    oldway,
    packaging,
    passes,
    playlists,
    secure,
    segments,
    signins,
    starting,
    uploads,
    windows,
    workers,
)
from bench.figures import HEAD, Figure, line
from bench.machine import machine
from insta_stream.errors import InstaStreamError

ROOT = Path(__file__).parent.parent
RESULTS = ROOT / "bench" / "results.json"
PAGE = ROOT / "docs" / "explanation" / "performance.md"
BEGIN, END = "<!-- figures: written by ./bench/run -->\n", "<!-- end of the figures -->\n"


@dataclass(frozen=True, slots=True)
class Part:
    """One benchmark. measure: yields figures; it may use the folder it is given as it likes."""

    title: str
    measure: Callable[[Path], Iterator[Figure]]


PARTS = {
    "a": Part("Playlists, against nginx sending a file of equal size", playlists.measure),
    "b": Part("Segments of 1 MB, against nginx", segments.measure),
    "c": Part("Packaging, against one bare FFmpeg command", packaging.measure),
    "d": Part("From start to the first complete answer", starting.measure),
    "e": Part("From the last byte of an upload to the air", uploads.measure),
    "f": Part("Many channels on air", crowd.measure),
    "g": Part("One window and one playlist", windows.measure),
    "h": Part("Borders between videos", joins.measure),
    "i": Part("The old way: an endless FFmpeg for each channel", oldway.measure),
    "j": Part("Signing in, and viewers meanwhile", signins.measure),
    "k": Part("Watching by a link", passes.measure),
    "l": Part("HTTPS of the server itself, against plain HTTP", secure.measure),
    "m": Part("Strangers who mean harm, and viewers meanwhile", hostile.measure),
    "n": Part("Several workers", workers.measure),
}


def main() -> int:
    """Measure what the command line asks for; return 1 when a part could not be measured."""
    parser = argparse.ArgumentParser(prog="bench", description="Measure, and keep the figures.")
    parser.add_argument("parts", nargs="*", metavar="PART", help=_help())
    parser.add_argument("--try", dest="is_try", action="store_true", help="print only, keep nothing")
    options = parser.parse_args()
    if unknown := set(options.parts) - PARTS.keys():
        parser.error(f"there is no part {', '.join(sorted(unknown))}; there are {', '.join(PARTS)}")
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # so that servers and files go away, too
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    failed = 0
    for name in options.parts or PARTS:
        print(f"\n{name}. {PARTS[name].title}", flush=True)
        try:
            result = _measured(PARTS[name])
        except InstaStreamError as error:
            print(f"  not measured: {error.message}", file=sys.stderr)
            failed = 1
        except Exception:  # noqa: BLE001 - the other parts can be measured all the same
            traceback.print_exc()
            failed = 1
        else:
            if not options.is_try:
                _keep(name, result)
    return failed


def _help() -> str:
    return "; ".join(f"{name}: {part.title}" for name, part in PARTS.items())


def _measured(part: Part) -> dict[str, Any]:
    """Return the figures of a part, as JSON keeps them, with where and when they were found."""
    began, where = time.monotonic(), machine()
    figures = []
    with tempfile.TemporaryDirectory(prefix="insta-stream-bench-") as scratch:
        for figure in part.measure(Path(scratch)):
            figures.append(figure.document())
            print("  " + line(figures[-1]).strip("| "), flush=True)
    took = round(time.monotonic() - began)
    print(f"  took {took} s", flush=True)
    return {"title": part.title, "machine": where, "took_seconds": took, "figures": figures}


def _keep(name: str, result: dict[str, Any]) -> None:
    """Put a part's figures into the file, and all of them into the page."""
    results: dict[str, Any] = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    results[name] = result
    RESULTS.write_text(json.dumps(dict(sorted(results.items())), indent=1) + "\n")
    before, _, rest = PAGE.read_text().partition(BEGIN)
    _, _, after = rest.partition(END)
    PAGE.write_text(f"{before}{BEGIN}{_tables(results)}{END}{after}")


def _tables(results: dict[str, Any]) -> str:
    """Return all figures as Markdown. Parts that were measured together share the words on where."""
    texts: list[str] = []
    where: dict[str, str] = {}
    for name, result in sorted(results.items()):
        if not where or _occasion(where) != _occasion(result["machine"]):
            where = result["machine"]
            texts.append("; ".join(f"{key}: {value}" for key, value in where.items()) + ".")
        rows = "\n".join(line(figure) for figure in result["figures"])
        texts.append(f"### {name}. {result['title']}\n\n{HEAD}\n{rows}")
    return "\n" + "\n\n".join(texts) + "\n\n"


def _occasion(where: dict[str, str]) -> tuple[str, ...]:
    """Return what is the same for parts that were measured together: the day and the machine."""
    return where["date"][:10], where["processor"], where["kernel"]


if __name__ == "__main__":
    sys.exit(main())
