"""Accounts as the API shows them."""

from collections.abc import Mapping
from typing import Any

from pydantic import Field

from insta_stream.api.wire import Model, Moment, moment, optional_moment
from insta_stream.db.accounts import AccountRow
from insta_stream.db.usage import Usage
from insta_stream.ids import AccountId


class Account(Model):
    """A person who can sign in."""

    id: str
    name: str = Field(description="What is typed to sign in.")
    title: str = Field(description="What others read; may be empty.")
    role: str = Field(description="`viewer`, `operator` or `admin`.", examples=["operator"])
    channels: list[str] | None = Field(description="Which are theirs; null for all.")
    has_totp: bool = Field(description="A code is asked for besides the password.")
    has_password: bool = Field(
        description="false: they have not followed their invitation yet, or sign in with another service."
    )


class Space(Model):
    """What somebody's videos take of the disk, and may take."""

    used_bytes: int = Field(
        description="With what is encoded, what is in the bin, and uploads in progress as large as announced."
    )
    quota_bytes: int | None = Field(description="null for any amount.")


class OwnAccount(Account):
    """An account, as its owner sees it."""

    space: Space


class Person(Account):
    """An account, as those see it who may manage people."""

    created_at: Moment
    used_at: Moment | None = Field(description="When they signed in last, or went on; null if never.")
    is_disabled: bool
    is_external: bool = Field(description="They have signed in with another service.")
    invited_until: Moment | None = Field(description="When their newest link ends, if there is one.")
    quota_bytes: int | None = Field(
        description="How much disk space their videos may take: 0 for any amount; null for what the settings "
        "say."
    )
    used_bytes: int = Field(description="How much they take, as `space` of an account.")


def account_of(row: AccountRow) -> Account:
    """Return what an account's owner sees."""
    return Account(**_fields(row))


def own_account_of(row: AccountRow, used_bytes: int, quota_bytes: int | None) -> OwnAccount:
    """Return what an account's owner sees, and nobody else."""
    return OwnAccount(**_fields(row), space=Space(used_bytes=used_bytes, quota_bytes=quota_bytes))


def person_of(row: AccountRow, usage: Mapping[AccountId, Usage]) -> Person:
    """Return what others see, who may."""
    return Person(
        **_fields(row),
        created_at=moment(row.created_at),
        used_at=optional_moment(row.used_at),
        is_disabled=row.disabled_at is not None,
        is_external=row.subject is not None,
        invited_until=optional_moment(row.invited_until),
        quota_bytes=row.quota_bytes,
        used_bytes=usage.get(row.id, Usage()).bytes,
    )


def _fields(row: AccountRow) -> dict[str, Any]:
    return {
        "id": row.id,
        "name": row.name,
        "title": row.title,
        "role": row.role,
        "channels": None if row.channels is None else sorted(row.channels),
        "has_totp": row.totp_secret is not None,
        "has_password": row.password is not None,
    }
