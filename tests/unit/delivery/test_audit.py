"""The audit of what is served: each kind of mistake is made once, and found under its own name."""

import re
from collections.abc import Callable
from dataclasses import replace

import pytest
from structlog.testing import capture_logs
from tests.support.scene import BASE, CHANNEL_RUNGS, Scene

from insta_stream.delivery import audit
from insta_stream.delivery.audit import REMEMBERED, RULES, judge, kept_promises
from insta_stream.delivery.page import Page
from insta_stream.delivery.view import View
from insta_stream.ids import ChannelSlug
from insta_stream.ticks import Ticks
from insta_stream.timeline.edit import Edit, Pause, Resume, Skip, Stop

Mistake = Callable[[str], str]

RUNG = "720p"
CODES = [rule.code for rule in RULES]


@pytest.fixture
def scene() -> Scene:
    scene = Scene.on_air()
    scene.pass_time(45)  # a join is in the window, and another one leaves it soon
    return scene


def served(scene: Scene, rung: str = RUNG) -> Page:
    return scene.playlists.page(f"{BASE}/{rung}.m3u8")


def spoilt(page: Page, mistake: Mistake) -> Page:
    return Page(mistake(page.plain.decode()), 1)


def sub(pattern: str, replacement: str, count: int = 0) -> Mistake:
    def make(text: str) -> str:
        changed = re.sub(pattern, replacement, text, count=count, flags=re.MULTILINE)
        assert changed != text
        return changed

    return make


def number(tag: str, by: int) -> Mistake:
    def make(text: str) -> str:
        return re.sub(f"(?<=#EXT-X-{tag}:)\\d+", lambda found: str(int(found[0]) + by), text)

    return make


REFRESHES: dict[str, Mistake] = {
    "MSN-BACK": number("MEDIA-SEQUENCE", -5),
    "DSEQ-CHANGED": number("DISCONTINUITY-SEQUENCE", 1),
    "TD-CHANGED": number("TARGETDURATION", 1),
    "SEG-URI-CHANGED": sub(r"/3\.ts$", "/4.ts", 1),
    "EXTINF-CHANGED": sub("2.000000,", "2.020000,", 4),
    "PDT-CHANGED": sub(r"000Z$", "005Z", 4),
    "DISC-CHANGED": sub("#EXT-X-DISCONTINUITY\n", ""),
    "EDGE-BACK": lambda text: "\n".join(text.split("\n")[:-10]) + "\n",
    "SYNTAX": sub("#EXTM3U\n", "#EXTM3U8\n"),
    "DSEQ-MISSING": sub("#EXT-X-DISCONTINUITY-SEQUENCE:.*\n", ""),
}


@pytest.mark.parametrize(("code", "mistake"), REFRESHES.items(), ids=REFRESHES)
def test_a_refresh_with_a_mistake_is_found(scene: Scene, code: str, mistake: Mistake) -> None:
    before = served(scene)
    scene.pass_time(2)
    after = served(scene)
    assert not list(judge(after, before=before, beside=None, now=scene.now))
    wrong = spoilt(after, mistake)
    assert code in [found.code for found in judge(wrong, before=before, beside=None, now=scene.now)]
    assert code in CODES


RUNGS: dict[str, Mistake] = {
    "ALIGN-MSN": number("MEDIA-SEQUENCE", 1),
    "ALIGN-DSEQ": sub("#EXT-X-DISCONTINUITY\n", ""),
    "ALIGN-DUR": sub("2.000000,", "1.900000,", 1),
    "ALIGN-PDT": sub(r"000Z$", "500Z"),
    "TD-DIFFERS": number("TARGETDURATION", 1),
}


@pytest.mark.parametrize(("code", "mistake"), RUNGS.items(), ids=RUNGS)
def test_a_rung_that_differs_is_found(scene: Scene, code: str, mistake: Mistake) -> None:
    page, other = served(scene), served(scene, "480p")
    assert not list(judge(page, before=None, beside=other, now=scene.now))
    wrong = spoilt(page, mistake)
    assert code in [found.code for found in judge(wrong, before=None, beside=other, now=scene.now)]
    assert code in CODES


def test_a_playlist_that_stands_still_is_found_when_players_have_played_all(scene: Scene) -> None:
    page = served(scene)
    scene.pass_time(4)
    assert not list(judge(page, before=page, beside=None, now=scene.now))
    scene.pass_time(2.5)
    assert [found.code for found in judge(page, before=page, beside=None, now=scene.now)] == ["STALE"]
    scene.pass_time(-14)
    assert [found.code for found in judge(page, before=page, beside=None, now=scene.now)] == ["PDT-FUTURE"]


def test_a_playlist_that_has_ended_may_be_as_old_as_it_likes_and_never_changes(scene: Scene) -> None:
    before = served(scene)
    scene.edit(Stop())
    scene.pass_time(5)
    ended = served(scene)
    assert ended.plain.endswith(b"#EXT-X-ENDLIST\n")
    scene.pass_time(10)
    assert not list(judge(ended, before=before, beside=None, now=scene.now))
    assert not list(judge(ended, before=ended, beside=None, now=scene.now))
    longer = spoilt(ended, lambda text: text.removesuffix("#EXT-X-ENDLIST\n"))
    assert "AFTER-END" in [found.code for found in judge(longer, before=ended, beside=None, now=scene.now)]


@pytest.mark.parametrize("seconds_between", [1.3, 7.0, 29.0, 100.0])
def test_nothing_is_found_in_what_is_right(scene: Scene, seconds_between: float) -> None:
    edits: list[Edit | None] = [None, Pause(), None, None, Resume(), Skip(), None] * 6
    before = {rung.name: served(scene, rung.name) for rung in CHANNEL_RUNGS}
    for edit in edits:
        if edit is not None:
            scene.edit(edit)
        scene.pass_time(seconds_between)
        pages = {rung.name: served(scene, rung.name) for rung in CHANNEL_RUNGS}
        for name, page in pages.items():
            assert not list(judge(page, before=before[name], beside=pages["1080p"], now=scene.now))
        before = pages
    assert scene.audit.worst is None


def violations(scene: Scene) -> dict[str, float]:
    line = re.compile(r'insta_stream_playlist_violations_total\{code="(.*)"\} (.*)')
    found = line.findall(scene.metrics.render().decode())
    return {code: float(value) for code, value in found if float(value)}


def test_a_mistake_is_counted_logged_once_a_minute_and_served_nevertheless(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    render = View.render
    served(scene)

    def renamed(view: View, rung: str) -> Page:
        return Page(render(view, rung).plain.decode().replace("/media/", "/other/"), 1)

    monkeypatch.setattr(View, "render", renamed)
    scene.pass_time(2)
    with capture_logs() as lines:
        assert b"/other/" in served(scene).plain
        monkeypatch.undo()
        scene.pass_time(2)
        served(scene)
    assert violations(scene) == {"SEG-URI-CHANGED": 2}
    (line,) = lines
    assert (line["event"], line["channel"], line["rule"]) == ("playlist_violation", "main", "SEG-URI-CHANGED")
    assert "/media/" in line["reason"]
    assert "/other/" in line["reason"]
    assert scene.audit.worst is not None
    assert scene.audit.worst.at == scene.now


def test_a_timeline_that_goes_back_is_found(scene: Scene) -> None:
    scene.media()
    before = scene.get("main")
    moved = tuple(replace(run, first_msn=run.first_msn - 100) for run in before.timeline.runs)
    scene.channel = replace(before, timeline=replace(before.timeline, runs=moved))
    scene.media()
    assert violations(scene) == {"TIMELINE": 1, "MSN-BACK": 1}


async def test_a_broken_promise_keeps_the_server_degraded_for_a_while(scene: Scene) -> None:
    assert (await kept_promises(scene.audit, scene.clock)).state == "ok"
    page = served(scene)
    for _ in range(2):
        scene.pass_time(7)
        scene.audit.served(scene.channel.slug, page, before=None, beside=None, now=scene.now)
    found = await kept_promises(scene.audit, scene.clock)
    assert found.state == "degraded"
    assert found.message.startswith("Channel main: STALE, the edge is ")
    assert found.message.endswith(" It began 7 s ago.")
    assert found.remedy
    scene.pass_time(10)
    with capture_logs() as lines:
        scene.audit.mended(scene.channel.slug, scene.now)
        scene.audit.mended(scene.channel.slug, scene.now)
    assert [line["event"] for line in lines] == ["playlist_violation_over"]
    scene.pass_time(150)
    found = await kept_promises(scene.audit, scene.clock)
    assert found.state == "degraded"
    assert found.message.endswith(" It lasted 7 s and is over; no problems for 2 min.")
    scene.now = Ticks(scene.now + REMEMBERED + 1)
    assert (await kept_promises(scene.audit, scene.clock)).state == "ok"


async def test_what_goes_on_is_told_before_what_is_over(scene: Scene) -> None:
    for slug in ("first", "second", "third"):
        scene.audit.note(ChannelSlug(slug), RULES[0].broken("it is so"), scene.now)
    scene.audit.mended(ChannelSlug("third"), scene.now)
    assert scene.audit.broken() == {"first", "second"}
    found = await kept_promises(scene.audit, scene.clock)
    assert found.message == (
        f"Channel second: {RULES[0].code}, it is so. It began 0 s ago. Promises are also broken on 1 more."
    )


def test_a_mistake_in_the_audit_stops_no_playlist(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(audit, "judge", fail)
    with capture_logs() as lines:
        assert served(scene).plain
    assert [line["event"] for line in lines] == ["audit_failed"]


def test_what_is_remembered_to_keep_the_log_short_is_bounded(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit, "_TOLD", 2)
    violation = RULES[0].broken("it is so")
    with capture_logs() as lines:
        for slug in ("a", "b", "c", "a"):
            scene.audit.note(ChannelSlug(slug), violation, scene.now)
    assert [line["channel"] for line in lines] == ["a", "b", "c", "a"]
