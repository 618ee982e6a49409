"""Watches a live channel from outside, as players do, and tells which rules of HLS it breaks.

command    what `insta-stream check` does
watch      follows a channel from broadcast to broadcast
broadcast  the variants of one broadcast, side by side
variant    the history of one media playlist
segments   the segments of one variant, read and judged
probes     what players and caches ask besides plain GET
fetch      requests as web players send them
findings   violations, each kept once and counted
report     the result, for people and for programs
"""

from insta_stream.check.report import Finding, Report
from insta_stream.check.watch import check

__all__ = ["Finding", "Report", "check"]
