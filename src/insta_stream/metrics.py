"""What Prometheus may ask about. No label per viewer, channel or video: the number of series stays small.

Each process counts for itself, and posts its counters once a second. Whichever is asked answers for all: it
adds what the others have posted, also those that have ended, so that no counter falls. What each of them
reads the same, such as the number of channels, is its own; of the rest, the worst counts.
"""

import json
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import inf, isnan, nan
from threading import Lock
from typing import Protocol

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, Metric

from insta_stream.errors import InstaStreamError

CONTENT_TYPE = CONTENT_TYPE_PLAIN_0_0_4

DOCUMENT = "metrics"
"""What the numbers of a process are called among what it posts; they outlive it. Another form of them needs
another name: the process that goes on with them may be of another version.
"""


class Posted(Protocol):
    """What another process has posted. lives: it does."""

    @property
    def body(self) -> bytes: ...

    @property
    def lives(self) -> bool: ...


class Board(Protocol):
    """Where processes post what the others are to know."""

    def post(self, name: str, body: bytes) -> None:
        """Tell the others."""

    def inherited(self, name: str) -> bytes | None:
        """Return what this process goes on with."""

    def every(self, name: str) -> Sequence[Posted]:
        """Return what all other processes have posted, at one moment."""


class Alone:
    """The board of a process that has no others."""

    def post(self, name: str, body: bytes) -> None:
        """Tell nobody."""

    def inherited(self, name: str) -> bytes | None:
        """Return nothing."""

    def every(self, name: str) -> Sequence[Posted]:
        """Return nothing."""
        del name
        return ()


class Counter:
    """Counts upwards. Any thread may."""

    def __init__(self) -> None:
        self.value = 0.0
        self._counting = Lock()

    def inc(self, amount: float = 1.0) -> None:
        """Count one more, or another amount."""
        with self._counting:
            self.value += amount


class Labelled:
    """A counter for each value of a label. name, text: of them all, as Prometheus is told."""

    def __init__(self, name: str, text: str, label: str) -> None:
        self.name = name
        self.text = text
        self.label = label
        self.counters: dict[str, Counter] = {}

    def labels(self, value: str) -> Counter:
        """Return the counter for a value."""
        return self.counters.setdefault(value, Counter())


@dataclass(frozen=True, slots=True)
class Gauge:
    """A number that is read. is_worst: processes differ in it, and the highest counts."""

    name: str
    text: str
    read: Callable[[], float]
    is_worst: bool

    def value(self) -> float:
        """Return what is read, NaN where that is refused."""
        try:
            return self.read()
        except InstaStreamError:
            return nan


@dataclass(frozen=True, slots=True)
class Numbers:
    """What a process has counted since an instant, in seconds since 1970, and what it sees.

    counters: by name, and by the value of the label where there is one.
    """

    since: float
    counters: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    gauges: Mapping[str, float] = field(default_factory=dict)


class Metrics:
    """The numbers of one process, and through `board` those of all."""

    def __init__(self, board: Board | None = None) -> None:
        self._board = board or Alone()
        inherited = self._board.inherited(DOCUMENT)
        self._before = Numbers(time.time()) if inherited is None else _read(inherited)
        self._families: list[Labelled] = []
        self._gauges: list[Gauge] = []
        playlists = self._labelled("playlist_requests", "Requests for playlists, by answer.", "source")
        self.playlists_kept = playlists.labels("kept")
        self.playlists_rendered = playlists.labels("rendered")
        self.segment_requests = self._counter("segment_requests", "Requests for segments and pictures.")
        self.violations = self._labelled(
            "playlist_violations",
            "Broken promises found in what was served, by rule. Anything but 0 is a bug or a stalled server.",
            "code",
        )
        self.audited = self._labelled("playlists_audited", "Playlists that the self-audit checked.", "by")
        self.audit_seconds = self._counter("audit_seconds", "Processor time of the self-audit's walk.")
        self.uploads = self._counter("uploads", "Uploads that became videos.")
        self.uploads_refused = self._counter("uploads_refused", "Uploads that did not.")
        self.duty_deaths = self._counter("duty_deaths", "Background tasks that stopped unexpectedly.")
        self.failures = self._counter("request_failures", "API requests that ended in an unexpected error.")

    def watch(self, name: str, text: str, read: Callable[[], float], *, is_worst: bool = False) -> None:
        """Add a gauge that is read at every scrape; it has no value (NaN) while `read` is refused.

        is_worst: processes differ in it, and the highest counts. Such a one is read once a second, too.
        """
        self._gauges.append(Gauge(f"insta_stream_{name}", text, read, is_worst))

    def post(self) -> None:
        """Tell the other processes. Any thread may."""
        self._board.post(DOCUMENT, _written(self._numbers()))

    def render(self) -> bytes:
        """Return all values in the text format, of type CONTENT_TYPE."""
        self.post()  # who is asked next must not know less
        told = map(_heard, self._board.every(DOCUMENT))
        return generate_latest(_Told([*self._told(_total([self._numbers(), *told]))]))

    def _told(self, whole: Numbers) -> Iterator[Metric]:
        for family in self._families:
            labels = [family.label] if family.label else None
            counter = CounterMetricFamily(family.name, family.text, labels=labels)
            for value in family.counters:
                amount = whole.counters[family.name][value]
                counter.add_metric([value] if family.label else [], amount, created=whole.since)
            yield counter
        for gauge in self._gauges:
            seen = whole.gauges[gauge.name] if gauge.is_worst else gauge.value()
            yield GaugeMetricFamily(gauge.name, gauge.text, seen)

    def _numbers(self) -> Numbers:
        """Return what this process has counted, and those before it on its seat, and what it sees."""
        counted = {
            family.name: {label: counter.value for label, counter in family.counters.items()}
            for family in self._families
        }
        seen = {gauge.name: gauge.value() for gauge in self._gauges if gauge.is_worst}
        return replace(_total([self._before, Numbers(self._before.since, counted)]), gauges=seen)

    def _counter(self, name: str, text: str) -> Counter:
        return self._labelled(name, text, "").labels("")

    def _labelled(self, name: str, text: str, label: str) -> Labelled:
        family = Labelled(f"insta_stream_{name}", text, label)
        self._families.append(family)
        return family


class _Told(CollectorRegistry):
    """Metrics as they are."""

    def __init__(self, metrics: Iterable[Metric]) -> None:
        super().__init__()
        self._metrics = metrics

    def collect(self) -> Iterator[Metric]:
        return iter(self._metrics)


def _total(all_of_them: Iterable[Numbers]) -> Numbers:
    """Return the sums of what was counted, and the worst of what is seen."""
    counters: dict[str, dict[str, float]] = {}
    gauges: dict[str, float] = {}
    since = inf
    for each in all_of_them:
        since = min(since, each.since)
        for name, values in each.counters.items():
            known = counters.setdefault(name, {})
            for label, value in values.items():
                known[label] = known.get(label, 0.0) + value
        for name, value in each.gauges.items():
            known_value = gauges.get(name, nan)
            gauges[name] = value if isnan(known_value) or value > known_value else known_value
    return Numbers(since, counters, gauges)


def _written(numbers: Numbers) -> bytes:
    return json.dumps([numbers.since, numbers.counters, numbers.gauges]).encode()


def _heard(posted: Posted) -> Numbers:
    numbers = _read(posted.body)
    return numbers if posted.lives else replace(numbers, gauges={})


def _read(body: bytes) -> Numbers:
    return Numbers(*json.loads(body))
