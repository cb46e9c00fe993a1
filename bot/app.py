"""The composition: everything is made here, started in order, and stopped in order."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import importlib
import secrets
import signal
import sys
from dataclasses import replace
from importlib.metadata import version
from typing import TYPE_CHECKING

import structlog
import uvloop

from bot import log, loopback
from bot.control import Control, sign_in_link
from bot.engine import Engine, utc_now
from bot.erasure import Erasure
from bot.handout import KEY, Handout, Links
from bot.health import Health
from bot.lock import Lock
from bot.messengers.contract import FileRefused, Files, ServesHttp
from bot.page_facts import page_facts
from bot.server import Server
from bot.spool import Spool
from escalation.schedule import Schedule
from handlers.customer_commands import CLAIM_CODE
from storage import facts, webchat
from storage.database import Database, database_url, sqlite_path

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Coroutine
    from contextlib import AbstractAsyncContextManager

    from bot.loopback import Running
    from bot.messengers.contract import Messenger
    from bot.messengers.web.messenger import WebMessenger
    from bot.settings import Settings
    from storage.journal import JournalRow

_log = structlog.get_logger()

FIRST_AGENT = "Admin"
PATIENCE_FOR_TOKENS = 3.0
"""How long the start waits for messengers' answers before it says where everything is, in seconds."""

SPOOL = "okno-files"
"""The folder beside the database where files lie on their way."""

CLOSING = 2.0
GARBAGE = (10_000, 10, 10)
"""How much is made before garbage is looked for: a message makes hundreds of things, nearly none in circles."""

_CLAIM_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"  # none that looks like another
_MODULES = {
    "telegram": ("bot.messengers.telegram.messenger", "TelegramMessenger"),
    "slack": ("bot.messengers.slack.messenger", "SlackMessenger"),
}
"""Where the messengers with libraries of their own are."""


def run(settings: Settings) -> None:
    """Run Okno until it is told to stop. Raises DatabaseUnusable, CannotServe, ConnectRefused."""
    report = None
    if settings.sentry.dsn is not None:
        from bot import sentry

        dsn = settings.sentry.dsn.get_secret_value()
        report = sentry.start(dsn, settings.sentry.environment, f"okno@{version('okno')}")
    log.configure(settings.log.format, settings.log.level, settings.secrets(), report)
    uvloop.run(serve(settings))


async def serve(settings: Settings) -> None:
    """Run Okno in this event loop until SIGTERM or SIGINT."""
    loop = asyncio.get_running_loop()
    log.watch(loop)
    url = settings.storage.url
    path = sqlite_path(url) if database_url(url).get_backend_name() == "sqlite" else None
    lock = Lock.hold(path) if path else None
    try:
        # a messenger's library takes seconds to import: meanwhile the database is made ready
        imported = asyncio.ensure_future(_import(settings))
        db = await Database.open(url)
        try:
            await Program(settings, db, await imported).live()
        finally:
            await db.close()
    finally:
        if lock is not None:
            lock.release()


async def _import(settings: Settings) -> dict[str, type]:
    """The classes of the messengers that are switched on; of the others nothing is imported."""
    return await asyncio.to_thread(_classes, list(settings.messenger_settings()))


def _classes(names: list[str]) -> dict[str, type]:
    return {name: getattr(importlib.import_module(_MODULES[name][0]), _MODULES[name][1]) for name in names}


class Program:
    """One running Okno."""

    def __init__(self, settings: Settings, db: Database, classes: dict[str, type]) -> None:
        self._settings = settings
        self._db = db
        self._health = Health()
        self._messengers: dict[str, Messenger] = {}
        self._web: WebMessenger | None = None
        self._running: Running | None = None
        self._base = ""
        self._tasks: set[asyncio.Task[None]] = set()
        self._over: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        folder = settings.files.folder or loopback.folder_of(db.path) / SPOOL
        self._spool = Spool(folder, settings.files.room, self._open_file, self._handed_out)
        accounts: dict[str, str] = {}
        if settings.web.enabled:
            self._web = self._make_web()
            self._add(self._web, accounts)
        for name, told in settings.messenger_settings().items():
            self._add(classes[name](told, self._spool.carry, settings.locale), accounts)
        capabilities = {name: m.capabilities for name, m in self._messengers.items()}
        self._links = (
            Links(settings.files.public_url, settings.files.links_last) if settings.files.public_url else None
        )
        policy = settings.policy(capabilities, accounts)
        self._policy = replace(policy, file_link=self._links.link) if self._links else policy
        self._engine = Engine(db, self._policy, accounts, self._health)
        self._server = Server(settings.web.host, settings.web.port, db, self._health)
        erasure = Erasure(db, lambda: self._policy, self._engine.delivery.take)
        self._server.add(Control(db, lambda: self._running, lambda: self._base, erasure).routes())
        if self._links is not None:
            self._server.add(Handout(db, self._links, self._open_file).routes())
        for messenger in self._messengers.values():
            if isinstance(messenger, ServesHttp):
                accept = self._engine.intake.accept(messenger.name, messenger.account)
                self._server.add(messenger.routes(accept))
        self._schedule = Schedule(self._sweep, self._engine.prune)

    async def live(self) -> None:
        """Start, run until told to stop, and stop."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._told_to_stop, number)
        try:
            await self._start()
            await self._over
        finally:
            await self._stop()

    # ── starting ──

    def _make_web(self) -> WebMessenger:
        from bot.messengers.web.messenger import WebMessenger
        from bot.messengers.web.settings import WebLimits
        from bot.webstore import WebStore

        store = WebStore(self._db, self._committed)
        pages = page_facts(self._db, lambda: self._policy, self._settings.note_prefix, self._settings.locale)
        limits = WebLimits(upload=self._settings.web.largest_file)
        return WebMessenger(self._settings.web_settings(), store, self._spool.carry, pages, limits)

    async def _committed(self, rows: list[JournalRow]) -> None:
        await self._engine.intake.committed(rows)

    def _add(self, messenger: Messenger, accounts: dict[str, str]) -> None:
        self._messengers[messenger.name] = messenger
        if messenger.account:
            accounts[messenger.name] = messenger.account
        self._health.messenger(messenger.name).own = getattr(messenger, "health", None)

    async def _start(self) -> None:
        """The built-in messenger first: its pages are there whatever becomes of the others."""
        self._spool.clean()
        if self._links is not None:
            self._links.key = (await self._db.run(facts.get_or_make, KEY, secrets.token_urlsafe)).encode()
        if self._web is not None:
            await self._engine.take_in(self._web)
            self._spawn(self._engine.receive(self._web, at_home=True))
            if self._engine.sharing is not None:
                self._engine.sharing.on_hint(self._web.share(self._engine.sharing.tell))
                self._spawn(self._web.keep_up())
        port = await self._server.open()
        self._base = self._settings.web_base(port)
        if self._web is not None:
            self._web.served_at(self._base)
        self._running = loopback.publish(
            loopback.folder_of(self._db.path), self._settings.loopback_base(port)
        )
        others = [self._spawn(self._bring(m)) for m in self._messengers.values() if m is not self._web]
        self._schedule.start()
        if others:
            await asyncio.wait(
                [*others, self._over], timeout=PATIENCE_FOR_TOKENS, return_when="FIRST_COMPLETED"
            )
        if not self._over.done():
            await self._say_where()
        gc.collect()
        gc.freeze()  # what the start has made stays: looking through it again and again would cost pauses
        gc.set_threshold(*GARBAGE)
        gc.enable()

    async def _bring(self, messenger: Messenger) -> None:
        """Take a messenger in, as long as it takes, and have it receive."""
        await self._engine.take_in(messenger)
        self._spawn(self._engine.receive(messenger))
        _log.info("connected", messenger=messenger.name)

    def _spawn(self, work: Coroutine[None, None, None]) -> asyncio.Task[None]:
        """A task whose failure ends the program."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)
        return task

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None and not self._over.done():
            self._over.set_exception(error)

    async def _say_where(self) -> None:
        """Tell the terminal what nobody else may read: links and codes never go to the log."""
        said = []
        if self._web is not None:
            said.append(f"Customers write at  {self._base}/")
            token = await self._db.run(webchat.first_link, FIRST_AGENT, utc_now())
            link = sign_in_link(self._base, token) if token else f"{self._base}/staff"
            note = "  (works once)" if token else "  (okno invite NAME signs in another agent)"
            said.append(f"Staff answer at     {link}{note}")
        if any(m is not self._web for m in self._messengers.values()):
            code = await self._db.run(facts.get_or_make, CLAIM_CODE, _claim_code)
            if code:
                sign = "!" if "telegram" not in self._messengers else "/"
            said.append(f"To be an admin, send the bot in private:  {sign}claim {code}")
        if not said:
            said.append(f"Health and metrics at  {self._base}/readyz  and  /metrics")
        sys.stdout.write("\n".join((*said, "Ctrl-C stops.", "")))
        sys.stdout.flush()

    # ── running ──

    async def _sweep(self) -> None:
        await self._engine.sweep()
        await self._engine.show_profiles(list(self._messengers.values()))

    def _open_file(self, messenger: str, ref: str) -> AbstractAsyncContextManager[AsyncIterator[bytes]]:
        """A file of one messenger, for another that sends it on."""
        source = self._messengers.get(messenger)
        if source is not None and isinstance(source, Files):
            return source.open_file(ref)
        raise FileRefused("refused.file_gone")

    def _handed_out(self, messenger: str) -> int | None:
        """How large a file that messenger hands out, in bytes."""
        source = self._messengers.get(messenger)
        return None if source is None else source.capabilities.max_download

    def _told_to_stop(self, number: int) -> None:
        """The first signal stops in good order, a second one at once."""
        if not self._over.done():
            self._over.set_result(None)
        asyncio.get_running_loop().remove_signal_handler(number)

    # ── stopping ──

    async def _stop(self) -> None:
        """Receive nothing more, finish what is in flight, let go. Within ten seconds."""
        self._schedule.stop()
        for task in list(self._tasks):
            task.cancel()
        await self._engine.stop()
        for messenger in self._messengers.values():
            with contextlib.suppress(Exception):
                async with asyncio.timeout(CLOSING):
                    await messenger.close()
        await self._server.close()
        if self._running is not None:
            loopback.withdraw(loopback.folder_of(self._db.path), self._running)


def _claim_code() -> str:
    return "-".join("".join(secrets.choice(_CLAIM_LETTERS) for _ in range(4)) for _ in range(2))
