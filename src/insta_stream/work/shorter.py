"""A file that turned out to be shorter than its inspection said."""

from dataclasses import replace

from insta_stream.media.model import Inspection
from insta_stream.ticks import Ticks, seconds


def shortened(inspection: Inspection, frames: int) -> Inspection:
    """Return the inspection of the same file, if it ends after so many frames at the airing rate."""
    duration = seconds(frames / inspection.video.frame_rate)
    end = Ticks(inspection.video.starts_at + duration)
    kept = sum(cut < end for cut in inspection.cuts)
    return replace(
        inspection,
        duration=duration,
        frame_count=frames,
        cuts=inspection.cuts[:kept],
        cut_bytes=inspection.cut_bytes[:kept],
    )
