"""Packages of which nothing has been made: how a file is packaged here, and the row that says so."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from insta_stream.clock import Clock
from insta_stream.db.videos import PackageRow, RenditionRow
from insta_stream.ids import PackageId, VideoId, new_id
from insta_stream.library.profile import Profile
from insta_stream.media.model import Caution, Inspection, Plan
from insta_stream.media.plan import plan
from insta_stream.ticks import Ticks


@dataclass(frozen=True, slots=True)
class Drafts:
    """Begins packages."""

    clock: Clock
    profile: Profile

    def plan(self, inspection: Inspection) -> Plan:
        """Return how a file is packaged here."""
        return plan(inspection, self.profile.ladder, self.profile.segment_seconds)

    def package(self, video: VideoId, plan: Plan, cautions: Sequence[Caution] = ()) -> PackageRow:
        """Return a new package, of which nothing has been made."""
        return PackageRow(
            id=PackageId(new_id()),
            video=video,
            created_at=self.clock.now(),
            state="packaging",
            is_current=False,
            is_airable=False,
            has_pictures=False,
            attempts=0,
            error="",
            table=plan.table,
            cautions=(*plan.cautions, *cautions),
            renditions=renditions(plan),
        )


def anew(package: PackageRow, now: Ticks) -> PackageRow:
    """Return a package like another one, of which nothing has been made and whose file is to be inspected."""
    return replace(
        package,
        id=PackageId(new_id()),
        created_at=now,
        state="packaging",
        is_current=False,
        is_airable=False,
        has_pictures=False,
        attempts=0,
        error="",
        renditions=tuple(RenditionRow(each.name, each.kind, each.is_early) for each in package.renditions),
        writer="",
        is_inspected=False,
    )


def renditions(plan: Plan) -> tuple[RenditionRow, ...]:
    """Return the rows of a package that nothing has been made of."""
    return tuple(
        RenditionRow(each.name, each.kind, is_early=each.kind == "copy" or plan.starter in {"", each.name})
        for each in plan.renditions
    )
