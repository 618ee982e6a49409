"""Reading the old playlist.json and finding the files it names."""

import json
from pathlib import Path

import pytest

from insta_stream.cli.import_ import OldItem, find, read
from insta_stream.errors import BadRequest

ITEM = {
    "id": "1",
    "filename": "1700000000-holiday.mp4",
    "originalName": "holiday.mp4",
    "path": "uploads/1700000000-holiday.mp4",
    "size": 3,
    "duration": 1.5,
    "addedAt": "2025-11-01T10:00:00.000Z",
}


def test_the_old_list_is_read_in_order(tmp_path: Path) -> None:
    file = tmp_path / "playlist.json"
    file.write_text(json.dumps([ITEM, {**ITEM, "originalName": "garden.mp4"}]))
    assert [item.original_name for item in read(file)] == ["holiday.mp4", "garden.mp4"]


@pytest.mark.parametrize("content", ["", "{}", '[{"path": "x"}]'])
def test_another_file_is_refused_in_words(content: str, tmp_path: Path) -> None:
    file = tmp_path / "playlist.json"
    file.write_text(content)
    with pytest.raises(BadRequest, match=r"is not a playlist\.json"):
        read(file)


def test_a_file_is_found_where_the_list_says_or_by_its_name(tmp_path: Path) -> None:
    (tmp_path / "uploads").mkdir()
    video = tmp_path / "uploads" / ITEM["filename"]
    video.write_bytes(b"abc")
    relative = OldItem.model_validate(ITEM)
    absolute = OldItem.model_validate({**ITEM, "path": str(video)})
    moved = OldItem.model_validate({**ITEM, "path": f"/gone/{ITEM['filename']}"})
    assert find(relative, [tmp_path]) == video
    assert find(absolute, []) == video
    assert find(moved, [video.parent]) == video


def test_a_missing_file_is_answered_with_the_remedy(tmp_path: Path) -> None:
    with pytest.raises(BadRequest, match="--files"):
        find(OldItem.model_validate(ITEM), [tmp_path])


def test_a_path_that_cannot_be_followed_leaves_the_other_places(tmp_path: Path) -> None:
    """A name too long for this system stands for it, and for folders that this user may not enter."""
    (tmp_path / ITEM["filename"]).write_bytes(b"abc")
    beyond = OldItem.model_validate({**ITEM, "path": f"{'x' * 5000}/{ITEM['filename']}"})
    assert find(beyond, [tmp_path]) == tmp_path / ITEM["filename"]
