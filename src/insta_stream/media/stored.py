"""Inspections and plans as JSON text: for the database, and for the pipe between the probe and the server.

Fractions are text ("30000/1001"). Cuts and borders are kept as differences with repetitions
([[count, step], ...]), so that two hours of regular segments take a few bytes. Reading trusts the text: it
is always our own.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from fractions import Fraction
from itertools import accumulate, chain, groupby, pairwise, repeat
from typing import Any

from insta_stream.media.model import AudioStream, Caution, Inspection, Plan, RenditionPlan, VideoStream
from insta_stream.ticks import Ticks
from insta_stream.timeline.table import SegmentTable

_Steps = list[tuple[int, int]]


def dump_inspection(inspection: Inspection) -> str:
    """Return the JSON text of an inspection."""
    return _dump(asdict(inspection) | {"cuts": _steps(inspection.cuts)})


def load_inspection(text: str) -> Inspection:
    """Return the inspection that `dump_inspection` wrote."""
    facts: dict[str, Any] = json.loads(text)
    facts.pop("copy_peak_bps", None)  # older versions wrote it
    video = facts["video"]
    exact = {name: Fraction(video[name]) for name in ("sample_aspect", "frame_rate")}
    crop = {"crop": tuple(video["crop"]) if video.get("crop") else None}
    shapes = {"shapes": tuple((Ticks(at), Fraction(shape)) for at, shape in video.get("shapes", ()))}
    return Inspection(
        **facts
        | {
            "video": VideoStream(**video | exact | crop | shapes),
            "audio": _audio(facts["audio"]) if facts["audio"] else None,
            "cuts": tuple(map(Ticks, _sums(facts["cuts"]))),
            "cut_bytes": tuple(facts["cut_bytes"]),
            "cautions": _cautions(facts["cautions"]),
        }
    )


def _audio(facts: dict[str, Any]) -> AudioStream:
    places = facts.get("places", ())
    if facts.pop("is_ambisonic", False):  # older versions wrote it, and no places
        places = (f"AMBI{number}" for number in range(facts["channels"]))
    return AudioStream(**facts | {"places": tuple(places)})


def dump_plan(plan: Plan) -> str:
    """Return the JSON text of a plan."""
    facts = {name: getattr(plan, name) for name in Plan.__slots__}
    return _dump(
        facts
        | {
            "table": plan.table.stretches,
            "borders": _steps(plan.borders),
            "renditions": [asdict(rendition) for rendition in plan.renditions],
            "cautions": [asdict(caution) for caution in plan.cautions],
        }
    )


def load_plan(text: str) -> Plan:
    """Return the plan that `dump_plan` wrote."""
    facts: dict[str, Any] = json.loads(text)
    return Plan(
        **facts
        | {
            "table": SegmentTable(tuple((count, Ticks(duration)) for count, duration in facts["table"])),
            "frame_rate": Fraction(facts["frame_rate"]),
            "borders": tuple(_sums(facts["borders"])),
            "renditions": tuple(RenditionPlan(**rendition) for rendition in facts["renditions"]),
            "cautions": _cautions(facts["cautions"]),
        }
    )


def _dump(facts: dict[str, Any]) -> str:
    return json.dumps(facts, default=str, separators=(",", ":"))  # str: of fractions, the only other type


def _cautions(found: Iterable[dict[str, str]]) -> tuple[Caution, ...]:
    return tuple(Caution(**caution) for caution in found)


def _steps(numbers: Sequence[int]) -> _Steps:
    """Return the first number and the differences of the others, each as (how often in a row, difference)."""
    differences = chain(numbers[:1], (later - earlier for earlier, later in pairwise(numbers)))
    return [(len(list(same)), difference) for difference, same in groupby(differences)]


def _sums(steps: _Steps) -> Iterable[int]:
    return accumulate(chain.from_iterable(repeat(step, count) for count, step in steps))
