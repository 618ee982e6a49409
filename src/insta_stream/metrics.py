"""What Prometheus may ask about. No label per viewer, channel or video: the number of series stays small."""

from collections.abc import Callable
from math import nan

from prometheus_client import CollectorRegistry, Counter, Gauge, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4

from insta_stream.errors import InstaStreamError

CONTENT_TYPE = CONTENT_TYPE_PLAIN_0_0_4


class Metrics:
    """The counters of one server, in a registry of its own."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        playlists = self._counter("playlist_requests", "Requests for playlists, by answer.", "source")
        self.playlists_kept = playlists.labels("kept")
        self.playlists_rendered = playlists.labels("rendered")
        self.segment_requests = self._counter("segment_requests", "Requests for segments and pictures.")
        self.violations = self._counter(
            "playlist_violations",
            "Broken promises found in what was served, by rule. Anything but 0 is a bug or a stalled server.",
            "code",
        )
        self.audited = self._counter("playlists_audited", "Playlists that the self-audit checked.", "by")
        self.audit_seconds = self._counter("audit_seconds", "Processor time of the self-audit's walk.")
        self.uploads = self._counter("uploads", "Uploads that became videos.")
        self.uploads_refused = self._counter("uploads_refused", "Uploads that did not.")
        self.duty_deaths = self._counter("duty_deaths", "Background tasks that stopped unexpectedly.")
        self.failures = self._counter("request_failures", "API requests that ended in an unexpected error.")

    def watch(self, name: str, text: str, read: Callable[[], float]) -> None:
        """Add a gauge that is read at every scrape; it has no value (NaN) while `read` is refused."""

        def value() -> float:
            try:
                return read()
            except InstaStreamError:
                return nan

        Gauge(f"insta_stream_{name}", text, registry=self._registry).set_function(value)

    def render(self) -> bytes:
        """Return all values in the text format, of type CONTENT_TYPE."""
        return generate_latest(self._registry)

    def _counter(self, name: str, text: str, *labels: str) -> Counter:
        return Counter(f"insta_stream_{name}", text, labels, registry=self._registry)
