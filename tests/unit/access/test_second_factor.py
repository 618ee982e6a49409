import pyotp
import pytest

from insta_stream.access import second_factor
from insta_stream.ticks import Ticks, seconds

SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
NOW = seconds(1_800_000_015)


def code(at: Ticks) -> str:
    return pyotp.TOTP(SECRET).at(at // 720_000)


def test_a_code_is_right_in_its_half_minute_and_the_ones_beside_it() -> None:
    times = [Ticks(NOW + seconds(off)) for off in (-60, -30, 0, 30, 60)]
    steps = [second_factor.step_of(code(at), SECRET, NOW) for at in times]
    assert steps == [None, 59_999_999, 60_000_000, 60_000_001, None]


@pytest.mark.parametrize("looks", ["{0}{1}", "{0} {1}", " {0}-{1} "])
def test_it_is_read_however_it_is_typed(looks: str) -> None:
    right = code(NOW)
    assert second_factor.step_of(looks.format(right[:3], right[3:]), SECRET, NOW) == 60_000_000


@pytest.mark.parametrize("wrong", ["", "0", "000000", "12345", "1234567", "é" * 6, "\x00" * 6, "\uff19" * 6])
def test_nothing_else_is_a_code(wrong: str) -> None:
    assert wrong == code(NOW) or second_factor.step_of(wrong, SECRET, NOW) is None


def test_recovery_codes_are_long_and_all_different() -> None:
    codes = second_factor.new_recovery_codes()
    assert len(set(codes)) == 10
    assert all(len(second_factor.plain(each)) == 16 for each in codes)
    assert second_factor.plain(" ABCD-efgh ijkl ") == "abcdefghijkl"


def test_an_app_is_told_whose_it_is() -> None:
    assert second_factor.uri(SECRET, "anna") == (
        f"otpauth://totp/Insta-Stream:anna?secret={SECRET}&issuer=Insta-Stream"
    )
    assert len(second_factor.new_secret()) == 32


@pytest.mark.parametrize("damaged", ["", "x", "abc", "JBSWY3DPEHPK3PX!"])
def test_to_a_damaged_secret_no_code_belongs(damaged: str) -> None:
    assert second_factor.step_of(code(NOW), damaged, NOW) is None
