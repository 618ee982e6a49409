from hypothesis import given
from hypothesis import strategies as st

from insta_stream.access.issued import PREFIX, Issued
from insta_stream.access.permission import Permission
from insta_stream.access.principal import Principal
from insta_stream.access.secret import digest, new_secret
from insta_stream.db.tokens import TokenRow
from insta_stream.ids import ChannelSlug
from insta_stream.ticks import Ticks, seconds

NOW = seconds(1_800_000_000)
KIDS = frozenset({ChannelSlug("kids")})
SECRET = new_secret(PREFIX)


class Watch:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> Ticks:
        return self.now


def row(secret: str = SECRET, *permissions: str, expires_at: Ticks | None = None) -> TokenRow:
    return TokenRow("a" * 32, "camera", digest(secret), frozenset(permissions), KIDS, NOW, expires_at)


def test_a_token_opens_what_it_is_for_and_what_nobody_knows_is_nothing() -> None:
    issued = Issued(Watch())
    issued.replace([row(SECRET, "channel:air", "moon:land")])
    assert issued.opened_by(SECRET) == Principal(frozenset({Permission.CHANNEL_AIR}), KIDS, token="a" * 32)
    issued.replace([])
    assert issued.opened_by(SECRET) is None


@given(st.text() | st.text().map("ist_{}".format) | st.just(SECRET[:-1]) | st.just(f"{SECRET} "))
def test_no_other_text_is_one(shown: str) -> None:
    issued = Issued(Watch())
    issued.replace([row()])
    assert issued.opened_by(shown) is None
    assert issued.take_used() == {}


def test_a_token_ends_at_its_time() -> None:
    watch = Watch()
    issued = Issued(watch)
    issued.replace([row(expires_at=Ticks(NOW + 1))])
    assert issued.opened_by(SECRET) is not None
    watch.now = Ticks(NOW + 1)
    assert issued.opened_by(SECRET) is None
    assert issued.rows() == (row(expires_at=Ticks(NOW + 1)),)


def test_its_last_use_is_told_once() -> None:
    watch = Watch()
    issued = Issued(watch)
    issued.replace([row()])
    issued.opened_by(SECRET)
    watch.now = Ticks(NOW + 5)
    issued.opened_by(SECRET)
    assert issued.take_used() == {"a" * 32: NOW + 5}
    assert issued.take_used() == {}


def test_secrets_are_long_and_what_is_kept_is_not_the_secret() -> None:
    assert len({new_secret(PREFIX) for _ in range(100)}) == 100
    assert len(SECRET) >= 40
    assert SECRET not in repr(row())
