"""What `insta-stream check` does: watch, show progress, print the report, answer with an exit code."""

import asyncio
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from functools import partial
from json import dumps

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeRemainingColumn

from insta_stream.check.findings import Event
from insta_stream.check.report import Report
from insta_stream.check.watch import check
from insta_stream.media.ffmpeg import locate


def run_check(
    url: str,
    seconds: float = 30,
    *,
    json: bool = False,
    decode: bool = False,
    tolerate_restart: bool = False,
    sample: int = 1,
) -> int:
    """Check a channel and print the report; return 0 when no rule is broken, 1 otherwise.

    Standard output has the report and nothing else. json: as JSON. The other arguments are those of `check`.
    """
    console = Console(stderr=True, highlight=False)
    ffmpeg = asyncio.run(locate()).path if decode else None
    watching = partial(
        check, url, seconds=seconds, ffmpeg=ffmpeg, tolerate_restart=tolerate_restart, sample=sample
    )
    report = asyncio.run(_shown(console, seconds, watching))
    if json:
        print(dumps(report.as_json(), indent=2))  # noqa: T201  (the output of a command)
    else:
        print(report.as_text())  # noqa: T201  (the output of a command)
    return 0 if report.is_good else 1


async def _shown(console: Console, seconds: float, watching: Callable[..., Awaitable[Report]]) -> Report:
    """Run a check with a progress bar, and print violations as they come."""
    columns = SpinnerColumn(), BarColumn(), TimeRemainingColumn(), TextColumn("{task.description}")
    counts: Counter[str] = Counter()
    began = time.monotonic()
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task("looking", total=max(seconds, 1))

        def show(event: Event) -> None:
            counts[event.kind] += 1
            if event.kind == "violation":
                progress.console.print(event.message, markup=False, soft_wrap=True)
            seen = f"{counts['version']} refreshes, {counts['segment']} segments"
            text = f"{seen}, {counts['violation']} violations"
            progress.update(task, description=text, completed=time.monotonic() - began)

        return await watching(on_event=show)
