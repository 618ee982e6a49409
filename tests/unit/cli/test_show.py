import pytest

from insta_stream.cli.show import complain, length


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0:00"), (5.4, "0:05"), (65, "1:05"), (600, "10:00"), (3723, "1:02:03"), (36_000, "10:00:00")],
)
def test_a_length_reads_as_people_write_it(seconds: float, text: str) -> None:
    assert length(seconds) == text


def test_a_complaint_does_not_steer_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    complain("[/bold] \x1b[31mred\x9b.mp4 is no video :tv:\nreally")
    assert capsys.readouterr().err.splitlines() == [
        "error: [/bold] \ufffd[31mred\ufffd.mp4 is no video :tv:",
        "error: really",
    ]
