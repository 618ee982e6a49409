"""Backups of a running server, with viewers attached, and what a restore makes of them."""

import asyncio
import hashlib
import json
import re
import shutil
import signal
import sqlite3
import subprocess
import tarfile
import time
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import httpx
import pytest
from tests.support.command import insta_stream, must
from tests.support.libraries import CAPS, NAMES, make_clip, make_short_slate, open_library, settled
from tests.support.older import WITHOUT_ACCESS
from tests.support.server import free_port, running
from tests.support.waiting import until

from insta_stream.backup.content import Choice
from insta_stream.backup.reader import Tell
from insta_stream.backup.restore import restore, verify
from insta_stream.backup.save import save
from insta_stream.backup.seal import BadBackup
from insta_stream.backup.target import FolderTarget, TarTarget
from insta_stream.check.watch import check
from insta_stream.errors import InstaStreamError, NotReady, WrongState
from insta_stream.hls.parse import parse
from insta_stream.hls.playlist import MediaPlaylist, MediaSegment, MultivariantPlaylist
from insta_stream.ids import VideoId
from insta_stream.storage import mark
from insta_stream.storage.folder import DataFolder, FolderLock
from insta_stream.ticks import from_nanoseconds
from insta_stream.work import slate

FLAGS = ("--rungs", ",".join(NAMES))

Put = Callable[[Any, str, Path, Tell], tuple[str, int]]


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with two packaged videos and a slate, which no server has used."""
    folder = tmp_path_factory.mktemp("prepared")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(slate, "make_slate", make_short_slate)
        asyncio.run(_package(folder))
    return folder / "data"


async def _package(folder: Path) -> None:
    async with open_library(folder / "data") as library:
        for seconds in (3, 4):
            clip = make_clip(folder / f"clip-{seconds}.mp4", seconds, picture="smptebars")
            await settled(library, (await library.adopt(clip, clip.name)).id)
        await until(lambda: library.slate(CAPS) is not None)
        await settled(library, library._catalogue.hidden() or VideoId(""))


@pytest.fixture
def data(prepared: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(prepared, tmp_path / "data"))


@pytest.fixture(params=["backup", "backup.tar"])
def backup(request: pytest.FixtureRequest, prepared: Path, tmp_path: Path) -> Path:
    """A backup in a folder, and one in a file."""
    back_up(prepared, tmp_path / request.param)
    return Path(tmp_path / request.param)


@pytest.fixture
def folder(prepared: Path, tmp_path: Path) -> Path:
    """A backup in a folder."""
    back_up(prepared, tmp_path / "backup")
    return tmp_path / "backup"


def silently(_total: int) -> Tell:
    return lambda _count: None


def back_up(data: Path, to: Path, *, packages: bool = True, at: int = 0, is_incomplete: bool = False) -> None:
    choice, now = Choice(packages=packages), datetime(2026, 11, 22, 12, 0, at, tzinfo=UTC)
    save(DataFolder.under(data), to, choice, now, silently, is_incomplete=is_incomplete)


def contents(data: Path) -> dict[str, str]:
    """Return the checksums of all originals and segments."""
    files = [*data.glob("uploads/[0-9a-f]*"), *data.glob("stream/[0-9a-f]*/**/*")]
    return {
        path.relative_to(data).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in files
        if path.is_file()
    }


@dataclass
class Viewer:
    """Reads the entry playlist and what it names, as a player that loads it again; remembers all numbers.

    broadcasts: in order, the highest number and the highest discontinuity number that was seen of each.
    """

    url: str
    broadcasts: dict[str, tuple[int, int]] = field(default_factory=dict)
    facts: dict[tuple[str, int], tuple[int, MediaSegment]] = field(default_factory=dict)

    async def watch(self) -> None:
        async with httpx.AsyncClient(timeout=10) as client:
            while True:
                with suppress(httpx.TransportError):  # the server is away
                    await self._look(client)
                await asyncio.sleep(0.2)

    async def _look(self, client: httpx.AsyncClient) -> None:
        entry = await client.get(self.url)
        if not entry.is_success:
            return
        playlist = parse(entry.text)
        assert isinstance(playlist, MultivariantPlaylist)
        address = urljoin(self.url, playlist.variants[0].uri)
        answer = await client.get(address)
        if not answer.is_success:
            return
        media = parse(answer.text)
        assert isinstance(media, MediaPlaylist)
        for listed in media.numbered():
            seen = (listed.dsn, listed.segment)
            assert self.facts.setdefault((address, listed.msn), seen) == seen
            highest = self.broadcasts.get(address, (0, 0))
            self.broadcasts[address] = (max(highest[0], listed.msn), max(highest[1], listed.dsn))


def lowest(viewer: Viewer, address: str) -> tuple[int, int]:
    """Return the lowest number and discontinuity number that were seen of a broadcast."""
    found = [(msn, seen[0]) for (known, msn), seen in viewer.facts.items() if known == address]
    return min(msn for msn, _ in found), min(dsn for _, dsn in found)


async def play(ffmpeg: Path, url: str) -> list[str]:
    """Decode four seconds; return what FFmpeg complains of."""
    command = [str(ffmpeg), "-nostdin", "-hide_banner", "-loglevel", "warning", "-i", url, "-t", "4"]
    player = await asyncio.create_subprocess_exec(*command, "-f", "null", "-", stderr=subprocess.PIPE)
    _, said = await asyncio.wait_for(player.communicate(), 90)
    assert player.returncode == 0, said
    return re.findall(r".*(?:corrupt|[Ee]rror|missing|[Ii]nvalid|skipping).*", said.decode())


@pytest.mark.slow
@pytest.mark.deep
async def test_players_find_a_new_broadcast_above_all_they_saw_before(
    data: Path, tmp_path: Path, bundled_ffmpeg: Path
) -> None:
    port, backup = free_port(), tmp_path / "backup.tar"
    viewer = Viewer(f"http://127.0.0.1:{port}/stream/stream.m3u8")
    watching = asyncio.create_task(viewer.watch())
    with running(data, *FLAGS, port=port) as server:
        async with httpx.AsyncClient(base_url=server.url, timeout=30) as client:
            videos = [video["id"] for video in (await client.get("/api/videos")).json()["data"]]
            await client.put("/api/channels/main/playlist", json={"videos": videos})
            await client.post("/api/stream/start")
            await until(lambda: bool(viewer.broadcasts))
            checking = asyncio.create_task(check(viewer.url, seconds=4))
            playing = asyncio.create_task(play(bundled_ffmpeg, viewer.url))
            await asyncio.to_thread(must, "backup", str(backup), "--data", str(data))
            report = await checking
            assert report.is_good, report.as_text()
            assert await playing == []
            before = contents(data)
            for _ in range(2):  # the server goes on, as if the backup were not its last word
                await client.post("/api/stream/stop")
                await client.post("/api/stream/start")
                await client.post("/api/channels/main/stream/skip")
                seen = len(viewer.broadcasts)
                await until(lambda seen=seen: len(viewer.broadcasts) > seen)  # type: ignore[misc]
        server.process.send_signal(signal.SIGKILL)
        await asyncio.to_thread(server.process.wait)
    served = dict(viewer.broadcasts)
    restored = tmp_path / "restored"
    said = await asyncio.to_thread(must, "backup", "--verify", str(backup))
    assert "is complete" in said
    await asyncio.to_thread(must, "restore", str(backup), "--data", str(restored))
    assert contents(restored) == before
    with running(restored, *FLAGS, port=port) as server:
        await until(lambda: len(viewer.broadcasts) > len(served))
        msn, dsn = lowest(viewer, list(viewer.broadcasts)[-1])
        assert msn > max(highest for highest, _ in served.values())
        assert dsn > max(highest for _, highest in served.values())
        async with httpx.AsyncClient(timeout=30) as client:
            for address in served:
                assert (await client.get(address)).status_code == 404
        assert await play(bundled_ffmpeg, viewer.url) == []
        report = await check(viewer.url, seconds=4)
        assert report.is_good, report.as_text()
    assert not watching.done(), "the viewer saw a contradiction"
    watching.cancel()
    assert "playlist_violation" not in server.log.read_text()


def test_a_folder_is_brought_up_to_date_and_says_what_it_has(data: Path, folder: Path) -> None:
    copied = {path: path.stat().st_ino for path in folder.glob("stream/*/*/*.ts")}
    old = set(folder.glob("*.db"))
    (folder / "uploads" / ("f" * 32)).write_bytes(b"of a video that was deleted since")
    back_up(data, folder, at=1)
    assert copied
    assert {path: path.stat().st_ino for path in folder.glob("stream/*/*/*.ts")} == copied
    assert set(folder.glob("*.db")).isdisjoint(old)
    assert not (folder / "uploads" / ("f" * 32)).exists()
    verify(folder, silently)
    command = ["sha256sum", "--check", "--strict", "--quiet", str(next(folder.glob("files.*.sha256")))]
    assert subprocess.run(command, cwd=folder, check=False).returncode == 0


def test_what_a_disk_has_spoilt_in_a_backup_is_mended_by_the_next_one(data: Path, folder: Path) -> None:
    spoilt = next(folder.glob("stream/*/*/*.ts"))
    spoilt.write_bytes(bytes(spoilt.stat().st_size))
    with pytest.raises(BadBackup, match="has changed since it was saved"):
        verify(folder, silently)
    back_up(data, folder, at=1)
    verify(folder, silently)


def test_a_damaged_record_is_saved_without_its_files_only_when_asked_to(
    data: Path, folder: Path, tmp_path: Path
) -> None:
    before = {path.relative_to(folder) for path in folder.glob("stream/*/*/*.ts")}
    with closing(sqlite3.connect(data / "insta-stream.db")) as database, database:
        database.execute("UPDATE video SET frame_rate = 'x' WHERE name LIKE 'clip-3%'")
    with pytest.raises(NotReady, match=r"its data on video .* cannot be read"):
        back_up(data, folder, at=1)
    back_up(data, folder, at=1, is_incomplete=True)
    assert before == {path.relative_to(folder) for path in folder.glob("stream/*/*/*.ts")}
    assert verify(folder, silently)[0].missing == 1
    restore(folder, tmp_path / "new", silently)


def test_a_backup_says_how_far_the_servers_clock_had_got(data: Path, tmp_path: Path) -> None:
    ahead_ns = time.time_ns() + 400 * 86_400 * 10**9
    clock = from_nanoseconds(ahead_ns)
    mark.set_back(data / "clock", ahead_ns)
    with closing(sqlite3.connect(data / "insta-stream.db")) as database, database:
        database.execute("UPDATE video SET added_at = ?", (clock,))
    back_up(data, tmp_path / "backup")
    (copy,) = (tmp_path / "backup").glob("*.db")
    with closing(sqlite3.connect(copy)) as database:
        assert database.execute("SELECT taken_at FROM restored").fetchall() == [(clock,)]
    said = must("restore", str(tmp_path / "backup"), "--data", str(tmp_path / "new"))
    assert "400 days ahead of the machine's" in said
    assert "is not ahead" not in must("clock", "--reset", "--data", str(tmp_path / "new"))
    assert "is not ahead" in must("clock", "--data", str(tmp_path / "new"))


def test_a_backup_that_breaks_off_leaves_the_one_before_whole(data: Path, folder: Path) -> None:
    copied = next(folder.glob("stream/*/*/*.ts")).relative_to(folder)
    (data / copied).write_bytes(b"another length")
    (folder / copied.with_suffix(".ts.partial")).mkdir()  # so that it cannot be written
    with pytest.raises(OSError, match="partial"):
        back_up(data, folder, at=1)
    assert verify(folder, silently)[0].taken_at.startswith("2026-11-22T12:00:00")


def test_what_is_deleted_while_it_is_copied_is_left_out(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put = FolderTarget.put

    def put_late(target: FolderTarget, name: str, path: Path, tell: Tell) -> tuple[str, int]:
        if name.endswith("/0.ts"):
            with closing(sqlite3.connect(data / "insta-stream.db")) as database, database:
                database.execute("UPDATE rendition SET published = 0")
            shutil.rmtree(path.parent, ignore_errors=True)
        elif name.startswith("uploads/"):
            with closing(sqlite3.connect(data / "insta-stream.db")) as database, database:
                database.execute("UPDATE video SET has_original = 0")
            path.unlink()
        return put(target, name, path, tell)

    monkeypatch.setattr(FolderTarget, "put", put_late)
    back_up(data, tmp_path / "backup")
    verify(tmp_path / "backup", silently)
    restore(tmp_path / "backup", tmp_path / "new", silently)
    assert not list((tmp_path / "new").glob("uploads/[0-9a-f]*"))
    assert not list((tmp_path / "new").glob("stream/*/*/*.ts"))
    with closing(sqlite3.connect(tmp_path / "new" / "insta-stream.db")) as database:
        assert database.execute("SELECT max(published) FROM rendition").fetchone() == (0,)


@pytest.mark.parametrize("name", ["backup", "new.tar"])
def test_what_is_lost_while_it_is_copied_ends_the_backup(
    data: Path, folder: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for target in (FolderTarget, TarTarget):
        monkeypatch.setattr(target, "put", _taking_away(target.put))
    with pytest.raises(WrongState, match=r"segments \(2\) in ") as refused:
        back_up(data, folder.with_name(name), at=1)
    assert str(data / "stream") in refused.value.message
    assert verify(folder, silently)[0].taken_at.startswith("2026-11-22T12:00:00")
    assert not folder.with_name("new.tar").exists()


def _taking_away(put: Put) -> Put:
    def put_too_late(target: Any, name: str, path: Path, tell: Tell) -> tuple[str, int]:
        if name.endswith("240p/1.ts"):
            path.unlink()
        return put(target, name, path, tell)

    return put_too_late


@pytest.mark.parametrize("name", ["backup", "new.tar"])
def test_what_is_lost_already_is_saved_without_only_when_asked_to(
    data: Path, folder: Path, name: str, tmp_path: Path
) -> None:
    to, before = folder.with_name(name), {path.name for path in folder.rglob("*")}
    lost = next(data.glob("uploads/[0-9a-f]*"))
    lost.unlink()
    next(data.glob("stream/*/240p/1.ts")).unlink()
    with pytest.raises(WrongState, match=r"originals \(1\) in .* and segments \(1\) in "):
        back_up(data, to, at=1)
    assert before == {path.name for path in folder.rglob("*")}
    others = (folder / "uploads" / lost.name, folder / "uploads" / ("f" * 32), folder / "stream" / ("f" * 32))
    others[1].write_bytes(b"of a video that the database does not know (any more)")
    others[2].mkdir()
    back_up(data, to, at=1, is_incomplete=True)
    assert all(other.exists() for other in others)
    assert verify(to, silently)[0].missing == 2
    assert restore(to, tmp_path / "new", silently)[1] == 0
    with closing(sqlite3.connect(tmp_path / "new" / "insta-stream.db")) as database:
        query = "SELECT count(*) FROM video WHERE NOT has_original"
        assert database.execute(query).fetchone() == (1,)


def test_a_backup_that_lacks_what_its_database_names_is_not_whole(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("insta_stream.backup.save.names", lambda *_: iter(()))
    back_up(data, tmp_path / "backup")
    with pytest.raises(BadBackup, match=r"lacks \d+ files that its database names"):
        verify(tmp_path / "backup", silently)
    said = must("restore", str(tmp_path / "backup"), "--data", str(tmp_path / "new"))
    assert "no files for them: 2. Upload" in said.replace("\n", " ")


def test_an_original_that_was_thought_lost_and_is_there_is_saved(data: Path, tmp_path: Path) -> None:
    with closing(sqlite3.connect(data / "insta-stream.db")) as database, database:
        database.execute("UPDATE video SET has_original = 0")
    back_up(data, tmp_path / "backup")
    restore(tmp_path / "backup", tmp_path / "new", silently)
    assert contents(tmp_path / "new") == contents(data)


def test_a_data_folder_of_an_earlier_version_is_saved_again_and_again(data: Path, tmp_path: Path) -> None:
    with closing(sqlite3.connect(data / "insta-stream.db")) as database, database:
        database.executescript(WITHOUT_ACCESS)
        database.executescript(
            "DROP TABLE installation; ALTER TABLE rendition DROP COLUMN peak_bps;"
            "DROP INDEX channel_number_once; ALTER TABLE channel DROP COLUMN number;"
            "UPDATE alembic_version SET version_num = '0003'"
        )
    for at in range(2):
        back_up(data, tmp_path / "backup", at=at)
    assert verify(tmp_path / "backup", silently)[0].taken_at.startswith("2026-11-22T12:00:01")


def test_a_backup_of_another_installation_is_not_replaced(data: Path, backup: Path) -> None:
    with closing(sqlite3.connect(data / "insta-stream.db")) as database, database:
        database.execute("UPDATE installation SET key = 'another'")
    before = {path: path.stat().st_ino for path in backup.parent.rglob("*")}
    with pytest.raises(WrongState, match="the backup of another installation"):
        back_up(data, backup, at=1)
    assert before == {path: path.stat().st_ino for path in backup.parent.rglob("*")}


def test_a_second_backup_to_the_same_place_lets_the_first_one_end(
    data: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put, refusals = FolderTarget.put, []

    def put_twice(target: FolderTarget, name: str, path: Path, tell: Tell) -> tuple[str, int]:
        if name.endswith("/0.ts"):
            monkeypatch.setattr(FolderTarget, "put", put)
            try:
                back_up(data, folder, at=2)
            except WrongState as refusal:
                refusals.append(refusal.message)
        return put(target, name, path, tell)

    monkeypatch.setattr(FolderTarget, "put", put_twice)
    back_up(data, folder, at=1)
    assert verify(folder, silently)[0].taken_at.startswith("2026-11-22T12:00:01")
    assert ["Another backup" in refusal for refusal in refusals] == [True]
    assert not list(folder.parent.glob("*.scratch"))


@pytest.mark.deep
async def test_packages_that_were_left_out_are_made_again(data: Path, tmp_path: Path) -> None:
    small, new = tmp_path / "small.tar", tmp_path / "new"
    await asyncio.to_thread(partial(back_up, data, small, packages=False))
    await asyncio.to_thread(restore, small, new, silently)
    slates = set(new.glob("stream/*/*/*.ts"))
    assert slates
    with closing(sqlite3.connect(new / "insta-stream.db")) as database:
        query = "SELECT count(*) FROM package WHERE state = 'packaging' AND NOT is_airable"
        assert database.execute(query).fetchone() == (2,)
    async with open_library(new) as library:
        assert library.slate(CAPS) is not None
        for video in library.videos():
            assert (await settled(library, video.id)).state == "ready"
            assert library.playable(video.id, CAPS) is not None
    assert {name for name in contents(new) if ".ts" in name} == {n for n in contents(data) if ".ts" in n}


def refused(backup: Path, data: Path) -> str:
    """Restore, which must not work nor leave anything behind; return what is said."""
    before = data.exists()
    with pytest.raises(InstaStreamError) as refusal:
        restore(backup, data, silently)
    assert data.exists() == before
    assert not list(data.parent.glob("*.restoring"))
    return refusal.value.message


def damage(backup: Path) -> None:
    """Change one byte of a segment."""
    if backup.is_dir():
        path = next(backup.glob("stream/*/*/1.ts"))
        at = 1000
    else:
        with tarfile.open(backup) as tar:
            at = next(member.offset_data for member in tar if member.name.endswith("/1.ts")) + 1000
        path = backup
    with path.open("r+b") as file:
        file.seek(at)
        byte = file.read(1)
        file.seek(at)
        file.write(bytes([byte[0] ^ 1]))


def test_a_backup_gives_back_every_byte(backup: Path, prepared: Path, tmp_path: Path) -> None:
    (tmp_path / "new").mkdir()
    restore(backup, tmp_path / "new", silently)
    assert contents(tmp_path / "new") == contents(prepared)
    assert {path.name for path in tmp_path.iterdir()} == {backup.name, "new"}


def test_a_changed_byte_is_found_and_nothing_is_restored(backup: Path, tmp_path: Path) -> None:
    damage(backup)
    with pytest.raises(BadBackup, match=r"1\.ts in .* has changed since it was saved"):
        verify(backup, silently)
    assert "has changed since it was saved" in refused(backup, tmp_path / "new")


def test_a_backup_that_is_cut_off_is_none(backup: Path, tmp_path: Path) -> None:
    if backup.is_dir():
        (backup / "backup.json").rename(backup / "backup.json.cut")
    else:
        with backup.open("r+b") as file:
            file.truncate(backup.stat().st_size // 2)
    assert re.search("unfinished|complete", refused(backup, tmp_path / "new"))


def test_a_list_without_one_of_its_lines_is_noticed(folder: Path, tmp_path: Path) -> None:
    listing = next(folder.glob("files.*.sha256"))
    lines = listing.read_text().splitlines(keepends=True)
    listing.write_text("".join([*lines[:-2], lines[-1]]))
    assert "damaged" in refused(folder, tmp_path / "new")


@pytest.mark.parametrize("change", [{"format": 2}, {"revision": "9999"}])
def test_a_backup_of_a_newer_version_is_refused(
    folder: Path, tmp_path: Path, change: dict[str, object]
) -> None:
    seal = json.loads((folder / "backup.json").read_text())
    (folder / "backup.json").write_text(json.dumps(seal | change))
    assert "newer" in refused(folder, tmp_path / "new")


def test_names_that_lead_elsewhere_are_refused(tmp_path: Path, folder: Path) -> None:
    path = tmp_path / "evil.tar"
    with tarfile.open(path, "w") as tar:
        tar.add(folder / "backup.json", "backup.json")
        tar.add(folder / "backup.json", "../evil")
    assert "not part of a backup" in refused(path, tmp_path / "new")
    assert not (tmp_path / "evil").exists()


def test_a_folder_that_has_something_in_it_is_left_alone(data: Path, folder: Path, tmp_path: Path) -> None:
    before = contents(data)
    assert "is not empty" in refused(folder, data)
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter.txt").write_text("Dear")
    assert "is not empty" in refused(folder, tmp_path / "mine")
    with pytest.raises(WrongState, match="contains other files"):
        back_up(data, tmp_path / "mine")
    assert [path.name for path in (tmp_path / "mine").iterdir()] == ["letter.txt"]
    assert contents(data) == before


def test_a_folder_that_a_server_uses_is_named_so(data: Path, folder: Path) -> None:
    lock = FolderLock(DataFolder.under(data))
    lock.take()
    assert "is using the folder" in refused(folder, data)
    lock.release()


def test_what_a_killed_restore_left_does_not_stand_in_the_way(folder: Path, tmp_path: Path) -> None:
    left = tmp_path / "new.restoring"
    (left / "uploads").mkdir(parents=True)
    (left / "uploads" / "half").write_bytes(b"half")
    restore(folder, tmp_path / "new", silently)
    assert not left.exists()
    assert not (tmp_path / "new" / "uploads" / "half").exists()


def test_a_data_folder_may_be_on_another_disk_behind_a_link(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "disk" / "tv").mkdir(parents=True)
    (tmp_path / "new").symlink_to(tmp_path / "disk" / "tv")
    restore(folder, tmp_path / "new", silently)
    assert (tmp_path / "new").is_symlink()
    assert (tmp_path / "disk" / "tv" / "insta-stream.db").is_file()


def test_a_disk_itself_cannot_be_moved_over_and_is_refused_at_once(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    monkeypatch.setattr(Path, "is_mount", lambda path: path == disk)
    assert "a folder in it" in refused(folder, disk)
    assert list(disk.iterdir()) == []


def test_a_backup_into_the_data_folder_itself_is_refused(data: Path) -> None:
    with pytest.raises(WrongState, match="outside"):
        back_up(data, data / "backups" / "one")
    assert not (data / "backups").exists()
    parts = DataFolder(data, (data / "uploads").rename(data.with_name("u")), data / "stream")
    with pytest.raises(WrongState, match="outside"):
        save(parts, data.with_name("u") / "b", Choice(), datetime.now(UTC), silently)


def test_a_folder_without_a_database_cannot_be_saved(tmp_path: Path) -> None:
    done = insta_stream("backup", str(tmp_path / "b"), "--data", str(tmp_path / "nothing"))
    assert (done.returncode, "not a data folder" in done.stderr, "Traceback" in done.stderr) == (
        1,
        True,
        False,
    )
    assert list(tmp_path.iterdir()) == []


def test_the_database_of_a_backup_says_that_it_is_one(folder: Path) -> None:
    with closing(sqlite3.connect(next(folder.glob("*.db")))) as database:
        assert database.execute("SELECT count(*) FROM restored").fetchone() == (1,)
