"""The one HTTP server: the messengers' routes, health, and metrics."""

from __future__ import annotations

import asyncio
import os
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from aiohttp import web
from prometheus_client import ProcessCollector, generate_latest

from storage import facts, figures
from storage.backlog import Backlog, backlog
from storage.database import Database, DatabaseBusy

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bot.health import Health

_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
_PROBE_EVERY = 5.0
_PROBE_SECONDS = 3.0
_FIGURES_EVERY = 10.0
_SHUTDOWN_SECONDS = 3.0


class CannotServe(Exception):
    """The address can't be listened on; the text is one line for the terminal."""


class Server:
    """Listens on one address. `open` is called once everything behind its routes is ready."""

    def __init__(self, host: str, port: int, db: Database, health: Health) -> None:
        self._host = host
        self._port = port
        self._db = db
        self._health = health
        self._app = web.Application()
        self._app.on_response_prepare.append(_safe_headers)
        self._runner: web.AppRunner | None = None
        self._probed_at = -_PROBE_EVERY
        self._writable = False
        self._told_at = -_FIGURES_EVERY
        ProcessCollector(registry=health.registry)
        self.add(
            [
                web.get("/healthz", self._alive),
                web.get("/readyz", self._ready),
                web.get("/metrics", self._metrics),
            ]
        )

    def add(self, routes: Iterable[web.RouteDef]) -> None:
        """Serve these as well; only before `open`."""
        self._app.add_routes(routes)

    async def open(self) -> int:
        """Listen; gives the port. Raises CannotServe."""
        runner = web.AppRunner(self._app, access_log=None, shutdown_timeout=_SHUTDOWN_SECONDS)
        await runner.setup()
        site = web.TCPSite(runner, self._host, self._port)
        try:
            await site.start()
        except OSError as error:
            await runner.cleanup()
            where = f"{self._host}:{self._port}"
            reason = os.strerror(error.errno) if error.errno else str(error)
            raise CannotServe(
                f"web.port: {where} can't be listened on ({reason}); choose another, or 0 for a free one"
            ) from error
        self._runner = runner
        port: int = runner.addresses[0][1]
        return port

    async def close(self) -> None:
        """Take no more requests, and finish those that are open, for a moment."""
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    async def _alive(self, _request: web.Request) -> web.Response:
        return web.Response(text="ok\n")

    async def _ready(self, _request: web.Request) -> web.Response:
        writable = await self._can_write()
        waits = await self._waits()
        messengers = {
            name: {"connected": m.connected, "error": m.error}
            for name, m in sorted(self._health.messengers.items())
        }
        ready = (
            writable
            and waits is not None
            and all(m.connected and not m.refused for m in self._health.messengers.values())
        )
        now = time.time()
        said: dict[str, Any] = {
            "ready": ready,
            "database": {"writable": writable, "error": self._health.database_error},
            "messengers": messengers,
        }
        if waits is not None:
            said["events"] = {"waiting": waits.events, "oldest_seconds": _age(waits.oldest_event, now)}
            said["letters"] = {"waiting": waits.letters, "oldest_seconds": _age(waits.oldest_letter, now)}
            if waits.off:
                said["off"] = waits.off
        return web.json_response(said, status=200 if ready else 503)

    async def _metrics(self, _request: web.Request) -> web.Response:
        waits, now = await self._waits(), time.time()
        if waits is not None:
            self._health.gauge("events_waiting", waits.events)
            self._health.gauge("events_oldest_seconds", _age(waits.oldest_event, now))
            self._health.gauge("letters_waiting", waits.letters)
            self._health.gauge("letters_oldest_seconds", _age(waits.oldest_letter, now))
        await self._tell_of_work()
        for name, messenger in self._health.messengers.items():
            self._health.gauge(
                "messenger_connected", float(messenger.connected and not messenger.refused), name
            )
        self._health.gauge("units_waiting", self._db.waiting)
        self._health.gauge("database_writable", float(await self._can_write()))
        body = generate_latest(self._health.registry)
        return web.Response(body=body, headers={"Content-Type": "text/plain; version=0.0.4; charset=utf-8"})

    async def _tell_of_work(self) -> None:
        """Open tickets, and how many questions of the last day were answered in time; read now and then."""
        if time.monotonic() - self._told_at < _FIGURES_EVERY:
            return
        self._told_at = time.monotonic()
        try:
            async with asyncio.timeout(_PROBE_SECONDS):
                tickets = await self._db.read(figures.open_by_state)
                waits = await self._db.read(figures.waits, datetime.now(UTC) - timedelta(days=1))
        except (DatabaseBusy, TimeoutError):
            return
        self._health.gauges("tickets_open", {(desk, state): count for desk, state, count in tickets})
        answered: Counter[tuple[str, ...]] = Counter((wait.desk, wait.kind) for wait in waits)
        in_time: Counter[tuple[str, ...]] = Counter(
            (wait.desk, wait.kind) for wait in waits if wait.used <= wait.target
        )
        self._health.gauges("answers", dict(answered))
        self._health.gauges("answers_in_time", {key: in_time[key] for key in answered})

    async def _can_write(self) -> bool:
        """Whether the database takes a commit; tried now and then, whoever asks how often."""
        if time.monotonic() - self._probed_at >= _PROBE_EVERY:
            self._probed_at = time.monotonic()
            try:
                async with asyncio.timeout(_PROBE_SECONDS):
                    await self._db.run(facts.put, "probe", str(int(time.time())))
                self._writable = True
            except (DatabaseBusy, TimeoutError):
                self._writable = False
        return self._writable and not self._health.database_error

    async def _waits(self) -> Backlog | None:
        try:
            async with asyncio.timeout(_PROBE_SECONDS):
                return await self._db.read(backlog, self._health.messengers)
        except (DatabaseBusy, TimeoutError):
            return None


async def _safe_headers(_request: web.Request, response: web.StreamResponse) -> None:
    """What every answer says unless its page has said otherwise."""
    if "Content-Security-Policy" not in response.headers:
        response.headers["X-Frame-Options"] = "DENY"  # a policy of a page's own says who may frame it
    for name, value in _HEADERS.items():
        response.headers.setdefault(name, value)
    response.headers["Server"] = "okno"


def _age(at_ms: int | None, now: float) -> float:
    return 0.0 if at_ms is None else max(0.0, round(now - at_ms / 1000, 1))
