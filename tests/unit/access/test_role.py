import pytest
from hypothesis import given
from hypothesis import strategies as st

from insta_stream.access.permission import OF_A_CHANNEL, Permission
from insta_stream.access.principal import OWNER
from insta_stream.access.role import Role, principal_of
from insta_stream.ids import AccountId, ChannelSlug

ANNA = AccountId("a" * 32)
KIDS, NEWS = ChannelSlug("kids"), ChannelSlug("news")
CHANNELS = st.none() | st.frozensets(st.sampled_from([KIDS, NEWS]))


@given(CHANNELS)
def test_each_role_may_what_the_one_below_it_may_and_more(channels: frozenset[ChannelSlug] | None) -> None:
    viewer, operator, admin = (principal_of(role, channels, ANNA) for role in Role)
    assert admin.covers(operator)
    assert operator.covers(viewer)
    assert not viewer.covers(operator)
    assert not operator.covers(admin)
    assert admin.covers(OWNER)


def test_an_operator_of_some_channels_runs_these_and_leaves_the_library_to_others() -> None:
    of_kids = principal_of("operator", frozenset({KIDS}), ANNA)
    for permission in OF_A_CHANNEL:
        assert of_kids.may(permission, KIDS)
        assert not of_kids.may(permission, NEWS)
    assert of_kids.may(Permission.LIBRARY_UPLOAD)
    assert not of_kids.may(Permission.LIBRARY_EDIT)
    of_all = principal_of("operator", None, ANNA)
    assert of_all.may(Permission.LIBRARY_EDIT)
    assert not of_all.may(Permission.PEOPLE_MANAGE)
    assert not of_all.may(Permission.CHANNELS_MANAGE)


@pytest.mark.parametrize("role", ["", "owner", "ADMIN", "Role.ADMIN"])
def test_a_role_that_nobody_knows_is_for_nothing(role: str) -> None:
    assert not principal_of(role, None, ANNA).permissions
