from insta_stream.errors import NotReady
from insta_stream.metrics import Metrics


def test_what_cannot_be_read_has_no_value_and_hides_nothing_else() -> None:
    metrics = Metrics()

    def fail() -> float:
        raise NotReady

    metrics.watch("room", "Room.", fail)
    metrics.watch("channels", "Channels.", lambda: 3)
    lines = metrics.render().decode().splitlines()
    assert "insta_stream_room NaN" in lines
    assert "insta_stream_channels 3.0" in lines
