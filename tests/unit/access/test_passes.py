"""Passes as whoever has one of another would forge them."""

import base64
import json
from typing import Any

import jwt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from insta_stream.access import passes as module
from insta_stream.access.passes import LONGEST, Passes, Viewer, split
from insta_stream.access.permission import Permission
from insta_stream.access.principal import OWNER, Principal
from insta_stream.access.wall import wall_clock
from insta_stream.db.playback import LinkRow, PlaybackKeyRow
from insta_stream.errors import NotReady
from insta_stream.ids import AccountId, ChannelSlug
from insta_stream.ticks import TICKS_PER_SECOND, Ticks, seconds

KIDS, NEWS = ChannelSlug("kids"), ChannelSlug("news")
ANNA = AccountId("a" * 32)
DAY = 86_400
NOW = Ticks(wall_clock() // TICKS_PER_SECOND * TICKS_PER_SECOND)
OWN = PlaybackKeyRow("0" * 8, True, "", None, "ab" * 32, NOW)
SITES = PlaybackKeyRow("1" * 8, False, "Website", KIDS, "cd" * 32, NOW)


class Watch:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> Ticks:
        return self.now


class Door:
    """Reads passes, on a clock that a test sets. callers: what those may do whom passes stand for."""

    def __init__(self, *keys: PlaybackKeyRow) -> None:
        self.watch = Watch()
        self.passes = Passes(self.watch)
        self.passes.replace(keys or (OWN, SITES), frozenset())
        self.callers: dict[tuple[str, str, str], Principal] = {}

    def opens(self, folder: str) -> Viewer | None:
        found = split(f"{folder}/stream/kids/stream.m3u8")
        assert found is not None
        assert found[1] == "/stream/kids/stream.m3u8"
        return self.passes.viewer(found[0], lambda *who: self.callers.get(who))


def link(**more: Any) -> LinkRow:
    said: dict[str, Any] = {"site": None, "address": None, "account": None, "created_at": NOW, **more}
    return LinkRow(id="f" * 16, key=OWN.id, channel=KIDS, label="x", **said)


def forged(key: PlaybackKeyRow = SITES, **claims: object) -> str:
    now = NOW // TICKS_PER_SECOND
    said = {"sub": KIDS, "jti": "7", "iat": now, "exp": now + DAY, **claims}
    given = {name: value for name, value in said.items() if value is not None}
    return "/t/" + jwt.encode(given, key.secret, algorithm="HS256", headers={"kid": key.id})


def test_a_link_says_what_it_is_for() -> None:
    door = Door()
    folder = door.passes.of_link(link(site="https://example.org", address="192.0.2.1"))
    viewer = door.opens(folder)
    assert viewer == Viewer(
        Principal(frozenset({Permission.CHANNEL_VIEW}), frozenset({KIDS})),
        folder,
        signs_in=False,
        since=NOW,
        site="https://example.org",
        address="192.0.2.1",
    )
    assert door.passes.of_link(link()) == door.passes.of_link(link())
    assert len(door.passes.of_link(link())) < 300


def test_a_link_ends_at_its_time_with_its_id_and_with_its_key() -> None:
    door = Door()
    lasting, endless = (door.passes.of_link(link(expires_at=at)) for at in (Ticks(NOW + seconds(DAY)), None))
    assert door.opens(lasting) is not None
    door.watch.now = Ticks(NOW + seconds(DAY))
    assert door.opens(lasting) is None
    assert door.opens(endless) is not None
    door.passes.replace((OWN,), frozenset({link().id}))
    assert door.opens(endless) is None
    door.passes.replace((OWN,), frozenset())
    assert door.opens(endless) is not None
    door.passes.replace((SITES,), frozenset())
    assert door.opens(endless) is None


@pytest.mark.parametrize(
    "claims",
    [
        {"exp": None},
        {"exp": NOW // TICKS_PER_SECOND - 1},
        {"sub": NEWS},
        {"sub": None},
        {"sub": 7},
        {"iat": None},
        {"iat": NOW // TICKS_PER_SECOND + DAY},
        {"iat": "yesterday"},
        {"exp": float("inf")},
        {"iat": float("nan")},
        {"site": 7},
        {"address": ["192.0.2.1"]},
        {"for": "owner", "id": ""},
        {"for": "account", "id": ANNA, "sid": "s"},
    ],
)
def test_with_a_key_that_was_given_away_nothing_else_is_made_than_links(claims: dict[str, object]) -> None:
    door = Door()
    door.callers = {("owner", "", ""): OWNER, ("account", ANNA, "s"): OWNER}
    assert door.opens(forged()) is not None
    assert door.opens(forged(**claims)) is None
    assert door.opens(forged(**claims)) is None


def test_who_has_signed_in_is_looked_up_each_time() -> None:
    door = Door()
    folder, expires_at = door.passes.of_session(ANNA, "s")
    assert seconds(12 * 3600) <= expires_at - NOW <= seconds(18 * 3600)
    assert door.opens(folder) is None
    may = Principal(frozenset({Permission.CHANNEL_VIEW}), frozenset({NEWS}), ANNA)
    door.callers["account", ANNA, "s"] = may
    assert door.opens(folder) == Viewer(may, folder, signs_in=True)
    del door.callers["account", ANNA, "s"]
    assert door.opens(folder) is None
    door.callers["account", ANNA, "s"] = may
    door.watch.now = expires_at
    assert door.opens(folder) is None


def test_the_pass_of_a_session_stays_the_same_for_a_while() -> None:
    door = Door()
    door.watch.now = Ticks(NOW // seconds(6 * 3600) * seconds(6 * 3600))
    first = door.passes.of_session(ANNA, "s")
    door.watch.now = Ticks(door.watch.now + seconds(6 * 3600 - 1))
    assert door.passes.of_session(ANNA, "s") == first
    door.watch.now = Ticks(door.watch.now + seconds(1))
    assert door.passes.of_session(ANNA, "s") != first


def test_what_was_made_before_the_clock_was_set_back_opens_nothing() -> None:
    door = Door()
    door.callers["account", ANNA, "s"] = OWNER
    door.watch.now = Ticks(NOW + seconds(7 * 86_400))
    folder, _ = door.passes.of_session(ANNA, "s")
    door.watch.now = NOW
    assert door.opens(folder) is None


def test_nor_what_was_looked_at_before_it_was_set_back() -> None:
    door = Door()
    door.callers["account", ANNA, "s"] = OWNER
    door.watch.now = Ticks(NOW + seconds(7 * 86_400))
    folder, _ = door.passes.of_session(ANNA, "s")
    assert door.opens(folder) is not None
    door.watch.now = NOW
    assert door.opens(folder) is None


@pytest.mark.parametrize(
    "claims",
    [
        {"site": "https://example.org; script-src *"},
        {"site": "https://example.org\r\nx-evil: 1 "},
        {"site": "https://*"},
        {"site": "*"},
        {"site": ""},
        {"address": ""},
        {"address": "here"},
        {"address": "203.0.113.0/24"},
        {"address": 7},
    ],
)
def test_what_binds_a_link_to_nothing_that_there_is_opens_nothing(claims: dict[str, object]) -> None:
    assert Door().opens(forged(**claims)) is None


def test_a_site_and_an_address_are_understood_as_whoever_makes_links_writes_them() -> None:
    door = Door()
    for written in ("2001:DB8::7", "2001:db8::/64"):
        viewer = door.opens(forged(site="HTTPS://Example.org:443/", address=written))
        assert viewer is not None
        assert (viewer.site, viewer.address) == ("https://example.org", "2001:db8::/64")


def test_a_pass_has_one_text() -> None:
    door = Door()
    for folder in (forged(), door.passes.of_link(link())):
        assert door.opens(folder) is not None
        for more in ("\n", " ", "=", "\n#EXTINF", "<", "é"):
            assert door.opens(f"{folder}{more}") is None


def test_without_a_key_of_our_own_nothing_is_signed_for_the_moment() -> None:
    door = Door(SITES)
    assert door.opens(forged()) is not None
    with pytest.raises(NotReady):
        door.passes.of_session(ANNA, "s")


def test_a_mark_tells_nothing_of_its_secret_and_changes_with_it() -> None:
    first, second = Door().passes, Door(PlaybackKeyRow("0" * 8, True, "", None, "ef" * 32, NOW)).passes
    assert first.mark("secret") == first.mark("secret")
    assert len({first.mark("secret"), first.mark("another"), second.mark("secret")}) == 3
    assert "secret" not in first.mark("secret")


def test_tv_apps_do_not_sign_in() -> None:
    door = Door()
    door.callers["tv", "x", ""] = OWNER
    viewer = door.opens(door.passes.of_caller("tv", "x"))
    assert viewer is not None
    assert not viewer.signs_in


def test_few_passes_are_kept_and_others_work_as_well(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_KEPT", 3)
    door = Door()
    folders = [door.passes.of_link(link(site=f"https://{n}.example")) for n in range(5)]
    for _ in range(2):
        assert all(door.opens(folder) is not None for folder in folders)
    assert len(door.passes._read) == 3


def _without_a_signature(folder: str) -> str:
    _, body, _ = folder.removeprefix("/t/").split(".")
    head = base64.urlsafe_b64encode(json.dumps({"alg": "none", "kid": OWN.id}).encode()).decode()
    return f"/t/{head.rstrip('=')}.{body}."


def test_a_pass_without_a_signature_or_with_another_opens_nothing() -> None:
    door = Door()
    good = door.passes.of_link(link())
    assert door.opens(_without_a_signature(good)) is None
    head, body, signature = good.split(".")
    other = door.passes.of_link(link(address="192.0.2.1")).split(".")
    for parts in ((head, other[1], signature), (head, body, other[2]), (head, body, signature[:-2])):
        assert door.opens(".".join(parts)) is None
    swapped = forged(PlaybackKeyRow(OWN.id, True, "", None, SITES.secret, NOW))
    assert door.opens(swapped) is None


@given(st.text(st.sampled_from("abcXYZ019_-."), min_size=1, max_size=LONGEST))
def test_no_text_is_a_pass_by_accident(text: str) -> None:
    assert Door().passes.viewer(text, lambda *_: OWNER) is None


@given(st.text())
def test_no_path_but_one_of_ours_has_a_pass(path: str) -> None:
    assert split(path) is None
    assert split("/t/") is split("/t/x") is None
    assert split(f"/t/x/{path}") == ("x", f"/{path}")
    assert split(f"/t/{'x' * (LONGEST + 1)}/stream/{path}") is None


def test_heads_that_say_strange_things_are_refused() -> None:
    for head in ({"alg": "HS256", "kid": ["0"]}, {"alg": "HS256"}, {"alg": "HS256", "kid": 7}, [], "x"):
        text = base64.urlsafe_b64encode(json.dumps(head).encode()).decode().rstrip("=")
        assert Door().passes.viewer(f"{text}.e30.c2ln", lambda *_: OWNER) is None
