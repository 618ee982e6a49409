"""Watches a live channel from outside, as players do, and tells which rules of HLS it breaks."""

from insta_stream.check.report import Finding, Report
from insta_stream.check.watch import check

__all__ = ["Finding", "Report", "check"]
