"""The workshop: all that is done once for a data folder, by whichever process has the role."""

from dataclasses import dataclass
from functools import partial
from typing import Self

from insta_stream.db.engine import Database
from insta_stream.duties import Duties
from insta_stream.library.library import Library
from insta_stream.library.parts import Parts
from insta_stream.media.ffmpeg import FFmpeg
from insta_stream.work.headway import Telling
from insta_stream.work.inspections import Inspections
from insta_stream.work.intake import Intake
from insta_stream.work.jobs import Jobs
from insta_stream.work.leftovers import check_all, reconcile
from insta_stream.work.packager import Packager
from insta_stream.work.slate import Slate


@dataclass(frozen=True, slots=True)
class Workshop:
    """Makes videos of files, and packages of videos. Nothing happens before `begin`."""

    parts: Parts
    intake: Intake
    inspections: Inspections
    telling: Telling
    packager: Packager
    jobs: Jobs
    slate: Slate

    @classmethod
    def of(cls, library: Library, database: Database, ffmpeg: FFmpeg) -> Self:
        """Return the workshop of a library."""
        parts, telling, clock = library.parts, Telling(database), library.drafts.clock
        intake = Intake(parts, library.drafts)
        packager = Packager(parts, ffmpeg, library.drafts, telling, intake.inspect)
        return cls(
            parts=parts,
            intake=intake,
            inspections=Inspections(library.reception, parts.catalogue, parts.folder, clock, intake.settle),
            telling=telling,
            packager=packager,
            jobs=Jobs(parts.catalogue, packager.make, packager.has_lost),
            slate=Slate(parts, clock, ffmpeg, partial(intake.adopt, is_hidden=True)),
        )

    async def begin(self, duties: Duties) -> None:
        """Go on with what is not finished, and see to what comes, until `duties` stop; then call `stop`."""
        await reconcile(self.parts)
        duties.begin("uploads", self.inspections.work)
        duties.begin("encoding queue", self.jobs.reconcile)
        duties.begin("progress of encoding", self.telling.tell)
        duties.begin("standby picture", self.slate.keep, is_finite=True)
        duties.begin("check of encoded videos", partial(check_all, self.parts), is_finite=True)

    async def stop(self) -> None:
        """Stop what is being made; it goes on at the next start, or elsewhere."""
        await self.jobs.stop()
