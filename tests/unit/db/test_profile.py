from pathlib import Path

import pytest
from sqlalchemy import text

from insta_stream.db.engine import Database
from insta_stream.db.profile import settle
from insta_stream.errors import NotReady, WrongState


async def test_the_length_of_segments_is_fixed_at_the_first_start(tmp_path: Path) -> None:
    database = Database(tmp_path / "insta-stream.db")
    await database.upgrade()
    await settle(database, 2)
    await settle(database, 2)
    with pytest.raises(
        WrongState, match="created with segments of 2 s, and the setting asks for 4 s"
    ) as refused:
        await settle(database, 4)
    assert refused.value.code == "profile_fixed"
    await settle(database, 2)
    await database.close()


@pytest.mark.parametrize("damaged", ["x", 1.5, 0])
async def test_a_length_that_nobody_can_read_is_damage(tmp_path: Path, damaged: object) -> None:
    database = Database(tmp_path / "insta-stream.db")
    await database.upgrade()
    await settle(database, 2)
    async with database.write() as connection:
        await connection.execute(text("UPDATE profile SET segment_seconds = :to"), {"to": damaged})
    with pytest.raises(NotReady, match="Restore a backup"):
        await settle(database, 2)
    await database.close()
