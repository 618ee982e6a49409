import json

from insta_stream.check.findings import Event, Findings
from insta_stream.check.report import Finding, Report
from insta_stream.hls.rules.http import GZIP
from insta_stream.hls.rules.pace import STALE


def report(*findings: Finding) -> Report:
    return Report("http://127.0.0.1/a.m3u8", 30.4, 1, 5, 150, 75, 0, 2.25, 60.0, findings)


ERROR = Finding("STALE", "error", "720p", "unchanged for 4.0 s", 3)
WARNING = Finding("GZIP", "warning", "720p", "it was not compressed", 1)


def test_a_channel_with_nothing_but_warnings_is_good() -> None:
    assert report().is_good
    assert report(WARNING).is_good
    assert not report(WARNING, ERROR).is_good
    assert report(WARNING, ERROR).codes == {"GZIP", "STALE"}


def test_the_summary_is_a_sentence_with_the_counts() -> None:
    assert report(ERROR, WARNING).summary == (
        "The channel breaks rules: 1 error and 1 warning in 30 s (5 variants, 150 refreshes, 75 segments)."
    )


def test_the_text_says_what_was_seen_what_is_demanded_and_by_whom() -> None:
    lines = report(ERROR, WARNING).as_text().splitlines()
    assert lines[0] == "ERROR STALE 720p: unchanged for 4.0 s (3 times)"
    assert STALE.demand in lines[1]
    assert STALE.source in lines[1]
    assert lines[2] == "WARNING GZIP 720p: it was not compressed"
    assert lines[-2] == "The live edge was at most 2.2 s behind the clock; the window is 60.0 s."
    assert lines[-1] == report(ERROR, WARNING).summary  # in sight, however long the rest is


def test_tolerated_gaps_are_told() -> None:
    gaps = Report("http://127.0.0.1/a.m3u8", 30.4, 1, 5, 150, 75, 4, None, None, ())
    assert gaps.as_text().splitlines()[0] == "4 requests had no answer and were tolerated."


def test_the_json_holds_everything() -> None:
    said = json.loads(json.dumps(report(ERROR).as_json()))
    assert said["isGood"] is False
    assert said["errors"] == 1
    assert said["findings"] == [
        {
            "code": "STALE",
            "severity": "error",
            "subject": "720p",
            "message": "unchanged for 4.0 s",
            "count": 3,
        }
    ]


def test_the_same_violation_is_told_once_and_counted() -> None:
    events: list[Event] = []
    findings = Findings(events.append)
    for _ in range(3):
        findings.add([STALE.broken("unchanged for 4.0 s")], "720p")
    findings.add([STALE.broken("unchanged for 4.1 s")], "240p")
    findings.add([GZIP.broken("it was not compressed").about("360p")], "240p")
    assert [(one.code, one.subject, count) for one, count in findings.violations.values()] == [
        ("STALE", "720p", 3),
        ("STALE", "240p", 1),
        ("GZIP", "360p", 1),
    ]
    assert [event.kind for event in events] == ["violation"] * 3
