"""How the program does: counters and states that `/readyz`, `/metrics` and the log read.

Knows nothing but numbers and short words; no message text and no secret ever comes here.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector

from bot.messengers import contract

if TYPE_CHECKING:
    from collections.abc import Iterator

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

    `elsewhere`: another process receives from it.
    """

    own: contract.Health | None = None
    started: bool = False
    refused: str = ""
    elsewhere: bool = False

    @property
    def connected(self) -> bool:
        """It was taken in, and receives."""
        return self.started and (self.elsewhere or self.own is None or self.own.connected)

    @property
    def error(self) -> str:
        """What is wrong, in few words; empty when nothing is known to be."""
        return self.refused or ("" if self.own is None or self.connected else self.own.last_error)


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
        self._gauges: dict[str, float] = {}

    def messenger(self, name: str) -> MessengerHealth:
        """The named messenger's state, to be read and changed."""
        return self.messengers.setdefault(name, MessengerHealth())

    def count(self, name: str, *labels: str, by: int = 1) -> None:
        """Add to a counter of the list below."""
        key = (name, *labels)
        self._counted[key] = self._counted.get(key, 0) + by

    def gauge(self, name: str, value: float) -> None:
        """Set a gauge of the list below."""
        self._gauges[name] = value

    def collect(self) -> Iterator[Metric]:
        """What Prometheus is told."""
        for name, text, *labels in _COUNTERS:
            counter = CounterMetricFamily(f"okno_{name}", text, labels=labels)
            for (counted, *values), number in self._counted.items():
                if counted == name:
                    counter.add_metric(values, number)
            yield counter
        for name, text in _GAUGES:
            yield GaugeMetricFamily(f"okno_{name}", text, value=self._gauges.get(name, 0.0))


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
)
