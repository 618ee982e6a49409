"""The rules of HLS that our channels keep, as functions over values (see docs/reference/hls-rules.md).

rule      what a rule is, and what it says when it is broken
text      about the text of a playlist
media     about one media playlist
refresh   about two refreshes of one
pace      about when they change
variants  about the variants side by side
promises  about what a variant promises
segments  about segments
http      about how they are served
"""

from insta_stream.hls.rules import http, media, pace, promises, refresh, segments, text, variants
from insta_stream.hls.rules.rule import Rule, Severity, Violation

MODULES = (text, media, refresh, pace, variants, promises, segments, http)
RULES: dict[str, Rule] = {rule.code: rule for module in MODULES for rule in module.RULES}
"""Every rule, by code."""

__all__ = ["MODULES", "RULES", "Rule", "Severity", "Violation"]
