"""What the doctor asks a server that runs already."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

from tests.support.server import free_port

from insta_stream.cli.doctor import Diagnosis, examine_server
from insta_stream.settings import Settings


@contextmanager
def answering(answers: dict[str, Any]) -> Iterator[Settings]:
    """Give the settings of a server that answers these paths."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200 if self.path in answers else 404)
            self.end_headers()
            self.wfile.write(json.dumps(answers.get(self.path)).encode())

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        try:
            yield Settings(host="127.0.0.1", port=server.server_port)
        finally:
            server.shutdown()
            thread.join()


def test_the_parts_of_a_running_server_that_need_attention_are_listed() -> None:
    running = {"message": "Insta-Stream is running."}
    well = {"name": "disk", "state": "ok", "message": "There is room.", "remedy": ""}
    bad = {"name": "standby", "state": "degraded", "message": "“Main” is on it.", "remedy": "Add videos."}
    with answering({"/health": running, "/health/ready": {"checks": [well, bad]}}) as settings:
        port, *others = examine_server(settings)
    assert (port.subject, "already running" in port.text) == ("port", True)
    assert others == [Diagnosis("standby", "“Main” is on it.", "Add videos.")]


def test_a_server_of_another_version_is_known_all_the_same() -> None:
    with answering({"/health": {"message": "Insta-Stream is running."}}) as settings:
        assert [finding.subject for finding in examine_server(settings)] == ["port"]


def test_another_program_has_the_port() -> None:
    with answering({"/health": ["something else"]}) as settings:
        (port,) = examine_server(settings)
    assert (port.is_fatal, "in use" in port.remedy) == (True, True)


def test_another_program_has_the_port_of_the_metrics() -> None:
    with answering({"/health": ["something else"]}) as taken:
        settings = taken.model_copy(update={"port": free_port(), "metrics_port": taken.port})
        port, metrics = examine_server(settings)
    assert (port.subject, port.is_fatal) == ("port", False)
    assert (metrics.subject, metrics.is_fatal) == ("metrics", True)
    assert "--metrics-port" in metrics.remedy
