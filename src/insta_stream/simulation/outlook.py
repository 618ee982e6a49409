"""A channel's time to come: what airs, and whether it keeps its promises."""

from dataclasses import dataclass
from datetime import tzinfo

from insta_stream.ids import VideoId
from insta_stream.simulation.report import Summary, summarize, within
from insta_stream.simulation.scenario import Scenario
from insta_stream.simulation.walk import Walk, walk
from insta_stream.ticks import Ticks
from insta_stream.timeline.airings import Airing, airings


@dataclass(frozen=True, slots=True)
class Outlook:
    """What a simulation found. airings: where they were asked for. passed_over: names and reasons."""

    scenario: Scenario
    summary: Summary
    walk: Walk
    airings: tuple[Airing, ...]
    passed_over: tuple[tuple[str, str], ...]

    def name(self, video: VideoId) -> str:
        """Return the name of a video."""
        return self.scenario.name(video)


def look_ahead(
    scenario: Scenario, begin: Ticks, end: Ticks, zone: tzinfo | None, *, with_airings: bool = False
) -> Outlook:
    """Return what a channel airs from one instant to another; started at the first, if it is off."""
    started = scenario.started(begin)
    timeline = started.channel.timeline
    found = tuple(within(airings(timeline, begin, end), begin, end)) if with_airings else ()
    aired = found or within(airings(timeline, begin, end), begin, end)
    return Outlook(
        scenario=started,
        summary=summarize(aired, begin, end, zone),
        walk=walk(started.channel, begin, end, started.published),
        airings=found,
        passed_over=tuple(started.passed_over()),
    )
