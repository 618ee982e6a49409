"""A token that is kept in a file."""

import stat
from pathlib import Path

import pytest
from pydantic import SecretStr

from insta_stream.cli import doctor
from insta_stream.cli.token import read, with_token
from insta_stream.configuration import load
from insta_stream.errors import BadSettings
from insta_stream.settings import Settings

TOKEN = "a-token-of-enough-length"


def kept(settings: Settings) -> str:
    token = with_token(settings).token
    assert token is not None
    return token.get_secret_value()


def test_the_first_start_makes_a_token_and_the_next_ones_keep_it(tmp_path: Path) -> None:
    file = tmp_path / "token"
    settings = load({"host": "0.0.0.0", "token_file": file})
    assert read(file) is None
    made = kept(settings)
    assert len(made) >= 32
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert kept(settings) == read(file) == made
    assert list(tmp_path.iterdir()) == [file]


def test_a_token_may_come_with_blanks_around_it(tmp_path: Path) -> None:
    (tmp_path / "token").write_text(f"  {TOKEN}\n\n")
    assert kept(load({"token_file": tmp_path / "token"})) == TOKEN


def test_a_token_that_is_given_itself_is_the_one(tmp_path: Path) -> None:
    settings = load({"token": TOKEN, "token_file": tmp_path / "token"})
    assert with_token(settings).token == SecretStr(TOKEN)
    assert not (tmp_path / "token").exists()


@pytest.mark.parametrize("text", ["", "short", "long enough but with spaces"])
def test_a_file_without_a_token_is_said_and_not_repeated(tmp_path: Path, text: str) -> None:
    (tmp_path / "token").write_text(text)
    with pytest.raises(BadSettings, match="does not contain a valid token") as caught:
        with_token(load({"token_file": tmp_path / "token"}))
    assert not text or text not in caught.value.message


def test_where_no_file_can_be_made_is_said(tmp_path: Path) -> None:
    with pytest.raises(BadSettings, match="cannot be created"):
        with_token(load({"token_file": tmp_path / "nowhere" / "token"}))
    with pytest.raises(BadSettings, match="cannot be read"):
        with_token(load({"token_file": tmp_path}))


def test_doctor_reads_the_file_and_makes_none(tmp_path: Path) -> None:
    settings = load({"token_file": tmp_path / "token"})
    doctor._check_settings(settings)
    assert not (tmp_path / "token").exists()
    (tmp_path / "token").write_text("short")
    with pytest.raises(BadSettings, match="does not contain a valid token"):
        doctor._check_settings(settings)
