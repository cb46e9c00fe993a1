"""How the program does: counters and states that `/readyz`, `/metrics` and the log read.

Knows nothing but numbers and short words; no message text and no secret ever comes here.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.registry import Collector

from bot.messengers import contract

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from prometheus_client import Metric


def fault(error: BaseException) -> str:
    """What went wrong and where, without the error's own words: they may quote a message or an address."""
    frame = error.__traceback__
    if frame is None:
        return type(error).__name__
    while frame.tb_next is not None:
        frame = frame.tb_next
    code = frame.tb_frame.f_code
    return f"{type(error).__name__} at {Path(code.co_filename).name}:{frame.tb_lineno} ({code.co_name})"


@dataclass(slots=True)
class MessengerHealth:
    """What is known of one messenger. `own` is what it says itself, `refused` why its account may not send.

    `elsewhere`: another process receives from it. `failing`: since when nothing that was sent has arrived, by the event
    loop's clock; None while all is well.
    """

    own: contract.Health | None = None
    started: bool = False
    refused: str = ""
    elsewhere: bool = False
    failing: float | None = None

    @property
    def connected(self) -> bool:
        """It was taken in, and receives."""
        return self.started and (self.elsewhere or self.own is None or self.own.connected)

    @property
    def unauthorised(self) -> bool:
        """Its platform doesn't take the account: nothing is received or sent there until it does again."""
        return bool(self.refused) or (self.own is not None and self.own.unauthorised)

    @property
    def error(self) -> str:
        """What is wrong, in few words; empty when nothing is known to be."""
        return ("" if self.own is None or self.connected else self.own.last_error) or self.refused


T = TypeVar("T")

FAILING = 2.0
"""A messenger that has taken nothing for so many seconds is in trouble."""

EDGES = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 1800.0)
"""Up to where each bucket of a histogram reaches, in seconds."""


class Observed:
    """Lengths of time, counted in buckets."""

    def __init__(self) -> None:
        self._counts = [0] * (len(EDGES) + 1)
        self.total = 0.0

    def add(self, seconds: float) -> None:
        """Count one."""
        self._counts[bisect_left(EDGES, seconds)] += 1
        self.total += seconds

    def buckets(self) -> list[tuple[str, float]]:
        """How many were at most so long, each bucket holding those before it."""
        counts = accumulate(self._counts)
        return [(edge, count) for edge, count in zip((*map(str, EDGES), "+Inf"), counts, strict=True)]


class Health(Collector):
    """The state of one running Okno. One instance per program.

    Counting is a sum in a table; Prometheus's own counters, with a lock each, cost more than they tell here.
    """

    def __init__(self) -> None:
        self.database_error = ""
        self.messengers: dict[str, MessengerHealth] = {}
        self.registry = CollectorRegistry()
        self.registry.register(self)
        self._counted: dict[tuple[str, ...], int] = {}
        self._gauges: dict[tuple[str, ...], float] = {}
        self._observed: dict[tuple[str, ...], Observed] = {}

    def messenger(self, name: str) -> MessengerHealth:
        """The named messenger's state, to be read and changed."""
        return self.messengers.setdefault(name, MessengerHealth())

    def failing(self, now: float) -> frozenset[str]:
        """The messengers where nothing has arrived for some seconds."""
        return frozenset(
            name for name, m in self.messengers.items() if m.failing is not None and now - m.failing > FAILING
        )

    def count(self, name: str, *labels: str, by: int = 1) -> None:
        """Add to a counter of the list below."""
        key = (name, *labels)
        self._counted[key] = self._counted.get(key, 0) + by

    def gauge(self, name: str, value: float, *labels: str) -> None:
        """Set a gauge of the list below."""
        self._gauges[(name, *labels)] = value

    def gauges(self, name: str, values: Mapping[tuple[str, ...], float]) -> None:
        """Set a gauge for exactly these labels; others it had are gone."""
        for key in [key for key in self._gauges if key[0] == name]:
            del self._gauges[key]
        for labels, value in values.items():
            self._gauges[(name, *labels)] = value

    def observe(self, name: str, seconds: float, *labels: str) -> None:
        """Count a length of time in a histogram of the list below."""
        key = (name, *labels)
        observed = self._observed.get(key)
        if observed is None:
            observed = self._observed[key] = Observed()
        observed.add(seconds)

    def collect(self) -> Iterator[Metric]:
        """What Prometheus is told."""
        for name, text, *labels in _COUNTERS:
            counter = CounterMetricFamily(f"okno_{name}", text, labels=labels)
            for values, number in _of(self._counted, name):
                counter.add_metric(values, number)
            yield counter
        for name, text, *labels in _GAUGES:
            gauge = GaugeMetricFamily(f"okno_{name}", text, labels=labels)
            if not labels:
                self._gauges.setdefault((name,), 0.0)
            for values, value in _of(self._gauges, name):
                gauge.add_metric(values, value)
            yield gauge
        for name, text, *labels in _HISTOGRAMS:
            histogram = HistogramMetricFamily(f"okno_{name}", text, labels=labels)
            for values, seen in _of(self._observed, name):
                histogram.add_metric(values, seen.buckets(), seen.total)
            yield histogram


def _of(told: Mapping[tuple[str, ...], T], name: str) -> list[tuple[tuple[str, ...], T]]:
    """What is known under a name, by the values of its labels."""
    return [
        (values, value) for (known, *rest), value in told.items() if known == name for values in [tuple(rest)]
    ]


_COUNTERS = (
    ("events_received", "Events kept in the journal", "messenger"),
    ("events_handled", "Events handled", "messenger"),
    ("events_failed", "Events given up on", "messenger"),
    ("requests_sent", "Requests that a messenger took", "messenger", "request"),
    ("requests_refused", "Requests that a messenger refused", "messenger", "scope"),
    ("requests_retried", "Requests to be made again", "messenger", "why"),
    ("limited", "Pauses that a platform asked for", "messenger"),
    ("commits_retried", "Commits that the database could not make at once"),
    ("errors", "Errors of the program itself", "where"),
)
_GAUGES = (
    ("events_waiting", "Events kept and not yet handled"),
    ("events_oldest_seconds", "Age of the oldest event not yet handled"),
    ("letters_waiting", "Letters not yet sent"),
    ("letters_oldest_seconds", "Age of the oldest letter not yet sent"),
    ("units_waiting", "Units of work queued for the database"),
    ("database_writable", "1 when the last commit worked"),
    ("messenger_connected", "1 when the messenger is connected and takes what is sent", "messenger"),
    ("tickets_open", "Open tickets by desk and state", "desk", "state"),
    ("answers", "Questions asked in the last 24 hours and answered, by desk and kind", "desk", "kind"),
    ("answers_in_time", "Those of them answered within their target", "desk", "kind"),
)
_HISTOGRAMS = (
    (
        "delivery_seconds",
        "From when a message was to be delivered until its messenger took it",
        "messenger",
        "to",
    ),
)
METRICS = tuple(f"okno_{name}" for name, *_ in (*_COUNTERS, *_GAUGES, *_HISTOGRAMS))
"""The names of all metrics but those of the process; counters are told with `_total` behind."""
