"""Which packages runs name, as the database has it: for whoever is to know before they are deleted.

A program names packages, and runs have programs. What nobody can read any more still names what it did when
it was written, so a broken channel loses nothing.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Any, NamedTuple

from sqlalchemy import Select, delete, exists, select
from sqlalchemy.dialects.sqlite import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from insta_stream.db.channels import channel, echo, program_package, run
from insta_stream.errors import WrongState
from insta_stream.ids import ChannelSlug, PackageId
from insta_stream.ticks import Ticks

_MOST = 500
"""Packages in one question: SQLite takes so many thousand values at most."""

_NAME = upsert(program_package).on_conflict_do_nothing()

_NAMED = program_package.join(run, run.c.program == program_package.c.program).join(
    channel, channel.c.slug == run.c.channel
)
_BY_A_RUN = exists().where(run.c.program == program_package.c.program)


class Naming(NamedTuple):
    """A channel that names packages. revision: the number of its last edit."""

    channel: ChannelSlug
    revision: int
    packages: frozenset[PackageId]


async def name(connection: AsyncConnection, programs: Mapping[str, AbstractSet[PackageId]]) -> None:
    """Note which packages programs name, by their keys, for runs that are new.

    Nothing of which the files are gone is named by such a run (`program_package_is_there`): the transaction
    fails, and whoever made the edit plans it anew.
    """
    rows = [{"program": key, "package": package} for key, named in programs.items() for package in named]
    await connection.execute(_NAME, rows)


async def namings(connection: AsyncConnection, packages: Iterable[PackageId]) -> list[Naming]:
    """Return the channels whose runs name some of these packages."""
    package = program_package.c.package
    columns = select(run.c.channel, channel.c.revision, package).distinct().select_from(_NAMED)
    found: dict[tuple[ChannelSlug, int], set[PackageId]] = defaultdict(set)
    for piece in _pieces(packages):
        for row in await connection.execute(columns.where(package.in_(piece))):
            found[ChannelSlug(row.channel), row.revision].add(PackageId(row.package))
    return [Naming(*key, frozenset(named)) for key, named in found.items()]


async def named(connection: AsyncConnection, packages: Iterable[PackageId]) -> frozenset[PackageId]:
    """Return those of these packages that a run names."""
    package = program_package.c.package
    query = select(package).distinct().where(_BY_A_RUN)
    pieces = [await connection.scalars(query.where(package.in_(piece))) for piece in _pieces(packages)]
    return frozenset(PackageId(each) for piece in pieces for each in piece)


async def is_claimed_since(
    connection: AsyncConnection, package: PackageId, revision: int, now: Ticks
) -> bool:
    """Return whether somebody may ask for a package who could not when there had been so many edits."""
    of_package = program_package.c.package == package
    by_a_run = select(run.c.channel).select_from(_NAMED).where(of_package, channel.c.revision > revision)
    by_an_echo = select(echo.c.package).where(echo.c.package == package, echo.c.until > now)
    return any([await _has_any(connection, query) for query in (by_a_run, by_an_echo)])


async def unname(connection: AsyncConnection, package: PackageId) -> None:
    """Forget that programs named a package which no run has any more. Raises WrongState where one has."""
    of_package = program_package.c.package == package
    if await _has_any(connection, select(program_package.c.package).where(of_package, _BY_A_RUN)):
        raise WrongState("The as-run log names this package.")
    await connection.execute(delete(program_package).where(of_package))


async def aged(connection: AsyncConnection, before: Ticks) -> dict[ChannelSlug, int]:
    """Return the channels that may have runs to forget which ended before an instant, with the number of the
    last edit of each.
    """
    later = run.alias()
    is_followed = exists().where(later.c.channel == run.c.channel, later.c.starts_at > run.c.starts_at)
    channels = run.join(channel, channel.c.slug == run.c.channel)
    query = select(run.c.channel, channel.c.revision).select_from(channels).distinct()
    found = await connection.execute(query.where(run.c.starts_at < before, is_followed))
    return {ChannelSlug(row.channel): row.revision for row in found}


async def _has_any(connection: AsyncConnection, query: Select[Any]) -> bool:
    return (await connection.execute(query.limit(1))).first() is not None


def _pieces(packages: Iterable[PackageId]) -> Iterator[Sequence[PackageId]]:
    every = list(packages)
    return (every[start : start + _MOST] for start in range(0, len(every), _MOST))
