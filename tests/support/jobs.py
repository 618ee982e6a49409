"""Packaging without a library: a file, a job, and one who listens."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from insta_stream.media.command import Source
from insta_stream.media.inspect import inspect
from insta_stream.media.ladder import RUNGS, Rung
from insta_stream.media.package import EncodingProgress, PackageJob
from insta_stream.media.plan import plan

LOW = (RUNGS["360p"], RUNGS["240p"])


@dataclass
class Diary:
    """A listener that remembers, and does something at a count."""

    counts: dict[str, list[int]] = field(default_factory=dict)
    progress: list[EncodingProgress] = field(default_factory=list)
    at: tuple[int, Callable[[], None]] | None = None

    def on_published(self, rendition: str, count: int) -> None:
        self.counts.setdefault(rendition, []).append(count)
        if self.at and count >= self.at[0]:
            act, self.at = self.at[1], None
            act()

    def on_progress(self, progress: EncodingProgress) -> None:
        self.progress.append(progress)


async def a_job(
    source: Path, folder: Path, rungs: tuple[Rung, ...] = LOW, kind: str = "encode"
) -> PackageJob:
    inspection = await inspect(source)
    planned = plan(inspection, rungs, 2)
    names = tuple(rendition.name for rendition in planned.renditions if rendition.kind == kind)
    return PackageJob(
        Source(source, inspection), planned, names, folder / "package", folder / "work", threads=2
    )


def joined(job: PackageJob, rendition: str) -> bytes:
    return b"".join((job.package / rendition / f"{n}.ts").read_bytes() for n in range(job.plan.table.count))
