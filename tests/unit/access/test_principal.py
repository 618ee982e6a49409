from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from insta_stream.access.permission import OF_A_CHANNEL, Permission
from insta_stream.access.principal import NOBODY, OWNER, Principal
from insta_stream.errors import Forbidden
from insta_stream.ids import ChannelSlug

KIDS, NEWS = ChannelSlug("kids"), ChannelSlug("news")
PERMISSIONS = st.sampled_from(Permission)
CHANNELS = st.none() | st.sampled_from([KIDS, NEWS])
PRINCIPALS = st.builds(
    Principal, st.frozensets(PERMISSIONS), st.none() | st.frozensets(st.sampled_from([KIDS, NEWS]))
)


@given(PERMISSIONS, CHANNELS)
def test_the_owner_may_do_all_and_nobody_nothing(permission: Permission, channel: ChannelSlug | None) -> None:
    assert OWNER.may(permission, channel)
    assert not NOBODY.may(permission, channel)


@given(PRINCIPALS, PERMISSIONS, CHANNELS)
def test_nothing_is_allowed_without_its_permission(
    somebody: Principal, permission: Permission, channel: ChannelSlug | None
) -> None:
    without = replace(somebody, permissions=somebody.permissions - {permission})
    assert not without.may(permission, channel)


@given(PRINCIPALS, st.sampled_from(sorted(OF_A_CHANNEL)))
def test_a_permission_of_a_channel_ends_at_its_channels(somebody: Principal, permission: Permission) -> None:
    of_kids = Principal(somebody.permissions | {permission}, frozenset({KIDS}))
    assert of_kids.may(permission, KIDS)
    assert not of_kids.may(permission, NEWS)
    assert of_kids.may(permission)
    assert not replace(of_kids, channels=frozenset()).may(permission)


def test_a_refusal_names_what_is_missing() -> None:
    somebody = Principal(frozenset({Permission.CHANNEL_AIR}), frozenset({KIDS}))
    somebody.require(Permission.CHANNEL_AIR, KIDS)
    with pytest.raises(Forbidden, match="`channel:air` for the channel news"):
        somebody.require(Permission.CHANNEL_AIR, NEWS)
    with pytest.raises(Forbidden, match="the permission `library:edit`, which"):
        somebody.require(Permission.LIBRARY_EDIT, NEWS)
