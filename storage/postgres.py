"""Okno's database in PostgreSQL: a process's units of work share transactions, and run beside those of other processes.

Isolation is READ COMMITTED: whoever changes a ticket locks its row first and reads after that, so that the units of
one ticket happen one after another in every process; what may exist once is unique in the tables, and a unit that
meets such a rule decides anew.
"""

from __future__ import annotations

import asyncio
import contextlib
import queue
import random
import threading
import time
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from storage import migrate
from storage.hints import Hints
from storage.pipeline import Pipeline
from storage.sessions import Readers, engine_for, reason, sqlstate, storage_trouble, unreachable
from storage.side_by_side import SideBySide
from storage.trouble import DatabaseBusy, DatabaseUnusable
from storage.units import Outcome, Unit, collision

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Connection
    from sqlalchemy.engine import URL

T = TypeVar("T")

GROUP = 64
"""How many units share one transaction at most."""

LONGEST_GROUP = 0.05
"""A group takes in no more units after so long, in seconds: whatever it has locked, others wait for."""

PUT_OFF = 3
"""So often a unit whose ticket another process has in hand is put off, until it waits for it on its own."""

CLOSING = 2.0
"""How long what is under way may take at the end, in seconds."""

_TRIES = 12
_READERS = 4
_PATIENT = 4
# nearly all that is asked is found by an index; a plan that was made while a table was small must not scan it for ever
_PLANS = {"plan_cache_mode": "force_generic_plan", "enable_seqscan": "off"}
_TOGETHER = {**_PLANS, "lock_timeout": "200"}


class PostgresStore:
    """One PostgreSQL database. Units run side by side on one connection; those that must wait for another process, or
    that something was wrong with, each on one of a few others.
    """

    def __init__(self, url: URL) -> None:
        self._url = url
        self._loop = asyncio.get_running_loop()
        self._readers = Readers(url, _READERS)
        self._together: queue.SimpleQueue[Unit | None] = queue.SimpleQueue()
        self._patiently: queue.SimpleQueue[Unit | None] = queue.SimpleQueue()
        self._threads = [self._thread("okno-writer", self._write_together)]
        self._open: set[asyncio.Future[Any]] = set()
        self._closing = False
        self.hints = Hints(url)

    @classmethod
    async def open(cls, url: URL) -> PostgresStore:
        """Connect and check the schema. Raises DatabaseUnusable."""
        engine = engine_for(url)
        try:
            async with engine.connect() as conn:
                revision = await conn.run_sync(migrate.current)
        except Exception as error:
            raise unreachable(error) or error from error
        finally:
            await engine.dispose()
        if revision is None:
            raise DatabaseUnusable("The database has no tables yet: run `okno migrate` once")
        if revision != migrate.HEAD:
            migrate.check_known(revision, "The database")
            raise DatabaseUnusable("The database has an older schema: run `okno migrate` once")
        return cls(url)

    def submit(self, unit: Callable[[Connection], Any]) -> asyncio.Future[Any]:
        """Queue a unit; the future holds its result once it is committed."""
        if self._closing:
            raise DatabaseBusy("the database is closed")
        future = self._loop.create_future()
        self._open.add(future)
        future.add_done_callback(self._open.discard)
        self._together.put(Unit(unit, future))
        return asyncio.shield(future)

    async def read(self, unit: Callable[[Connection], T]) -> T:
        """Run a reading function on one consistent state."""
        try:
            return await self._readers.run(unit)
        except Exception as error:
            raise storage_trouble(error) or error from error

    @property
    def waiting(self) -> int:
        """How many units are under way now."""
        return len(self._open)

    async def close(self) -> None:
        """Finish what is under way and let go of the connections; a server that doesn't answer is not waited for long."""
        self._closing = True
        until = self._loop.time() + CLOSING
        if self._open:
            await asyncio.wait(self._open, timeout=CLOSING)
        for thread in self._threads:
            (self._together if thread is self._threads[0] else self._patiently).put(None)
        for thread in self._threads:
            await self._loop.run_in_executor(None, thread.join, max(0.0, until - self._loop.time()))
        for future in list(self._open):
            future.set_exception(DatabaseBusy("the database doesn't answer"))
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(CLOSING):
                await self.hints.close()
                await self._readers.close()

    # ── in threads ──

    def _thread(self, name: str, work: Callable[[], None]) -> threading.Thread:
        thread = threading.Thread(target=work, name=name, daemon=True)
        thread.start()
        return thread

    def _write_together(self) -> None:
        """Run what is queued, many units to a transaction."""
        writer = _Writer(self._url, patient=False)
        units = self._first(self._together)
        while units:
            began = time.monotonic()
            outcome = writer.run(units, partial(self._next, began))
            for unit in outcome.put_off:
                unit.tries += 1
                (self._together if unit.tries < PUT_OFF else self._patiently).put(unit)
            for unit in outcome.alone:
                self._patiently.put(unit)
            if self._patiently.qsize() and len(self._threads) <= _PATIENT:
                self._threads.append(self._thread("okno-patient-writer", self._write_patiently))
            self._tell(outcome.over)
            units = outcome.again or self._first(self._together)
        writer.close()

    def _write_patiently(self) -> None:
        """Run units one by one, each as often as it takes."""
        writer = _Writer(self._url, patient=True)
        while units := self._first(self._patiently):
            for attempt in range(_TRIES):
                error = writer.run_one(units[0])
                if error is None or not collision(error):
                    break
                time.sleep(random.uniform(0, min(0.2, 0.005 * 2**attempt)))  # noqa: S311 (no secret)
            else:
                if error is not None and sqlstate(error) != "23505":  # what is there already stays there
                    units[0].error = DatabaseBusy(reason(error))
            self._tell(units)
        writer.close()

    @staticmethod
    def _first(waiting: queue.SimpleQueue[Unit | None]) -> list[Unit]:
        unit = waiting.get()
        return [] if unit is None else [unit]

    def _next(self, began: float, taken: int) -> Unit | None:
        """The next unit of a group that began then, and has so many; None when it is full, or nothing waits."""
        if taken >= GROUP or time.monotonic() - began > LONGEST_GROUP:
            return None
        try:
            return self._together.get_nowait()
        except queue.Empty:
            return None

    def _tell(self, units: list[Unit]) -> None:
        if units:
            try:
                self._loop.call_soon_threadsafe(_resolve, units)
            except RuntimeError:
                self._closing = True  # the loop is gone, and with it whoever waited


class _Writer:
    """Runs groups on a connection, which is made anew when it is lost."""

    def __init__(self, url: URL, *, patient: bool) -> None:
        self._url = url
        self._patient = patient
        self._pipeline: Pipeline | None = None
        self._group: SideBySide | None = None

    def run(self, units: list[Unit], more: Callable[[int], Unit | None]) -> Outcome:
        """Run them; when there is no connection, they are over.

        One that was open already may have been closed meanwhile: then nothing has begun, and another one is made.
        """
        outcome = self._run(units, more)
        if not outcome.begun:
            for unit in units:
                unit.error = None
            outcome = self._run(units, more)
        return outcome

    def _run(self, units: list[Unit], more: Callable[[int], Unit | None]) -> Outcome:
        try:
            return self._ready().run(units, more)
        except Exception as error:  # noqa: BLE001 (whatever it was belongs to whoever waits)
            self.close()
            while (unit := more(len(units))) is not None:
                units.append(unit)
            for unit in units:
                unit.error = storage_trouble(error) or error
            return Outcome(over=units)

    def run_one(self, unit: Unit) -> BaseException | None:
        """Run it on its own; its error, if any."""
        unit.error = None
        self.run([unit], lambda _: None)
        return unit.error

    def _ready(self) -> SideBySide:
        if self._group is None or self._pipeline is None or not self._pipeline.usable:
            self.close()
            self._pipeline = Pipeline(self._url, _PLANS if self._patient else _TOGETHER)
            self._group = SideBySide(self._pipeline, patient=self._patient)
        return self._group

    def close(self) -> None:
        """Let go of the connection."""
        if self._pipeline is not None:
            self._pipeline.close()
        self._pipeline = self._group = None


def _resolve(units: list[Unit]) -> None:
    for unit in units:
        if unit.future.done():
            continue
        if unit.error is None:
            unit.future.set_result(unit.result)
        else:
            unit.future.set_exception(unit.error)
