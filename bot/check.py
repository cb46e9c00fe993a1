"""`okno check`: can Okno run as it is set up, what may it do where, and what to do next.

Only reads: it works beside a running Okno and on a machine where nothing is configured yet.
"""

from __future__ import annotations

import asyncio
import errno
import socket
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Literal

from bot import file_checks, loopback
from bot.messengers.contract import Checks, ConnectRefused, FileRefused
from domain.policy import LEADS, Address
from domain.texts import duration
from storage import chats, journal, look
from storage.database import database_url, sqlite_path
from storage.trouble import DatabaseUnusable

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from contextlib import AbstractAsyncContextManager
    from pathlib import Path

    from bot.messengers.contract import Carried, Messenger
    from bot.settings import Settings
    from domain.messages import Attachment
    from storage import Connection

LANGUAGE = "en"
"""The terminal's language, whatever people read in their chats."""

SHOWN_FAILURES = 20
CONNECTING_TAKES = 15.0
STATE_TAKES = 5.0
LONG = 60.0
"""What has waited longer is worth a look, in seconds."""

FAILED, WRONG = 1, 2

Kind = Literal["fine", "warning", "fault"]

_SIGNS = {"fine": "✔", "warning": "!", "fault": "✘"}

NEWCOMER = """
Telegram is not set up. To get it going:
  1. In Telegram, write /newbot to @BotFather and copy the token.
  2. Start Okno with it: OKNO_TELEGRAM__TOKEN=… make run
  3. Send your bot, in private, /claim CODE with the code that is printed then: you are an admin.
  4. Add the bot to your team's group as an administrator who may manage topics.
  5. Write /desk bugs there (or howto, wishes, leads). Until then the staff page answers.
Without Telegram, `make run` serves the built-in pages; it prints where."""

UNBOUND = """
Customers in Telegram are answered from the staff page by now. To answer from Telegram groups:
  1. Send the bot, in private, /claim CODE with the code that is printed when Okno starts: you are an admin.
  2. Add the bot to your team's group as an administrator who may manage topics.
  3. Write /desk bugs there (or howto, wishes, leads)."""


@dataclass(slots=True)
class Report:
    """What was found, said line by line; `code` is the exit code that follows."""

    say: Callable[[str], None]
    code: int = 0

    def __call__(self, kind: Kind, text: str) -> None:
        """Say one line."""
        if kind == "fault":
            self.code = self.code or FAILED
        self.say(f"{_SIGNS[kind]} {text}")


@dataclass(slots=True)
class Known:
    """What the database tells: where desks are bound now, and what could not be handled."""

    bindings: dict[str, Address] = field(default_factory=dict)
    failures: list[tuple[int, str, str]] = field(default_factory=list)


async def check(settings: Settings, say: Callable[[str], None]) -> int:
    """Look at everything and say what is found; the exit code, 0 only when Okno can run."""
    report = Report(say)
    for key in settings.not_yet_in_force():
        report("warning", f"{key}: not yet in force")
    path = sqlite_path(settings.storage.url) if _is_file(settings.storage.url) else None
    runs = await _runs(path, report)
    known = await _database(settings, report)
    _http(settings, report, runs=runs)
    await _files(settings, path, report, runs=runs)
    await _messengers(settings, known, report)
    if not settings.messenger_settings():
        say(NEWCOMER)
    elif settings.telegram.token is not None and not any(
        chat.messenger == "telegram" for chat in (*known.bindings.values(), *dict(settings.chats()).values())
    ):
        say(UNBOUND)
    return report.code


def _is_file(url: str) -> bool:
    return database_url(url).get_backend_name() == "sqlite"


async def _runs(database: Path | None, report: Report) -> bool:
    found = loopback.find(loopback.folder_of(database))
    if found is None or await loopback.ask(found, "ping", {}) is None:
        return False
    report("fine", f"Okno is running at {found.base}")
    await _state(found.base, report)
    return True


async def _state(base: str, report: Report) -> None:
    """What the running Okno says of itself."""
    import aiohttp

    limit = aiohttp.ClientTimeout(total=STATE_TAKES)
    try:
        async with aiohttp.ClientSession(timeout=limit) as session, session.get(f"{base}/readyz") as answer:
            said = await answer.json(content_type=None)
    except (aiohttp.ClientError, TimeoutError, ValueError):
        report("fault", "it doesn't answer: look into its log")
        return
    if not said["database"]["writable"]:
        report("fault", f"it can't write its database: {said['database']['error'] or 'no commit works'}")
    for name, messenger in said["messengers"].items():
        if not messenger["connected"] or messenger["error"]:
            report("fault", f"{name}: not connected: {messenger['error'] or 'still trying'}")
    for what, words in (("events", "not yet handled"), ("letters", "not yet delivered")):
        waits = said.get(what)
        if waits and waits["waiting"]:
            kind: Kind = "warning" if waits["oldest_seconds"] > LONG else "fine"
            oldest = duration(LANGUAGE, timedelta(seconds=waits["oldest_seconds"]))
            report(kind, f"{waits['waiting']} {what} {words}, the oldest for {oldest}")


async def _database(settings: Settings, report: Report) -> Known:
    """How the database stands; what it knows when it can be read."""
    url = settings.storage.url
    name = sqlite_path(url).name if _is_file(url) else "PostgreSQL"
    try:
        standing = await look.standing(url)
        if standing.schema == "newest":
            known = await look.read(url, _known)
            report("fine", f"database: {name}")
            _failures(known, report)
            return known
    except DatabaseUnusable as error:
        report("fault", str(error))
        return Known()
    if standing.schema == "old" or not _is_file(url):
        wanted = (
            "brought to the newest schema at the next start" if _is_file(url) else "run `okno migrate` once"
        )
        report("fine" if _is_file(url) else "fault", f"database: {name}: {wanted}")
    else:
        report("fine", f"database: {name}: made at the first start")
    return Known()


def _known(conn: Connection) -> Known:
    bound = {row.name: Address(row.messenger, row.native) for row in chats.bindings(conn)}
    failed = journal.failures(conn, SHOWN_FAILURES + 1)
    return Known(bound, [(row.id, row.messenger, row.reason) for row in failed])


def _failures(known: Known, report: Report) -> None:
    """Events that could not be handled are kept; each says why."""
    shown = known.failures[:SHOWN_FAILURES]
    for number, messenger, reason in shown:
        report("warning", f"event {number} from {messenger} could not be handled: {reason}")
    if len(known.failures) > len(shown):
        report("warning", "… and more events that could not be handled")


def _http(settings: Settings, report: Report, *, runs: bool) -> None:
    """Whether the HTTP server can listen where it is told to."""
    host, port = settings.web.host, settings.web.port
    if runs or not port:
        return
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            key = "web.port" if error.errno == errno.EADDRINUSE else "web.host"
            reason = "another program listens there" if key == "web.port" else "can't be listened on here"
            report("fault", f"{key}: {host}:{port}: {reason}; set another one")


async def _files(settings: Settings, database: Path | None, report: Report, *, runs: bool) -> None:
    """Whether files have room on their way, and an address where they are handed out."""
    folder = settings.files.folder or loopback.folder_of(database)
    if (fault := file_checks.about_room(folder, settings.files.room, LANGUAGE)) is not None:
        report("warning", fault)
    if settings.files.public_url is not None:
        async for fault in file_checks.about_address(settings.files.public_url, runs=runs):
            report("warning", fault)


async def _messengers(settings: Settings, known: Known, report: Report) -> None:
    """Connect to each messenger and ask what the bot may do in each desk's chat."""
    found = switched_on(settings)
    try:
        usable = {m.name: m for m in found if await _connects(m, report)}
        await _desks(settings, known, usable, report)
    finally:
        for messenger in found:
            await messenger.close()


async def _connects(messenger: Messenger, report: Report) -> bool:
    """Whether the messenger takes the credentials; says so, and what it may do as a whole."""
    try:
        async with asyncio.timeout(CONNECTING_TAKES):
            await messenger.connect()
    except ConnectRefused as error:
        report("fault", str(error))
        report.code = WRONG
        return False
    except TimeoutError:
        report(
            "fault",
            f"{messenger.name}: can't be reached; check the network, and {messenger.name}.api_base if set",
        )
        return False
    if isinstance(messenger, Checks):
        for finding in await messenger.check_account():
            report("fine" if finding.ok else "fault", finding.text)
    return True


def switched_on(settings: Settings) -> list[Messenger]:
    """The messengers that have credentials. The built-in one needs none and is not asked."""
    found: list[Messenger] = []
    if (telegram := settings.telegram_settings()) is not None:
        from bot.messengers.telegram.messenger import TelegramMessenger

        found.append(TelegramMessenger(telegram, _no_files, LANGUAGE))
    if (slack := settings.slack_settings()) is not None:
        from bot.messengers.slack.messenger import SlackMessenger

        found.append(SlackMessenger(slack, _no_files, LANGUAGE))
    return found


def _no_files(
    _source: str, _files: Sequence[Attachment], _most: int
) -> AbstractAsyncContextManager[Sequence[Carried]]:
    raise FileRefused("refused.file_gone")


async def _desks(
    settings: Settings, known: Known, connected: Mapping[str, Messenger], report: Report
) -> None:
    """Where each desk is, and what the bot may do there."""
    switched_on = [*settings.messenger_settings(), *(["web"] if settings.web.enabled else [])]
    for line in settings.chats_out_of_reach(switched_on):
        report("fault", line)
    for desk in settings.built_desks:
        chat = desk.address or known.bindings.get(desk.name) or Address("web", desk.name)
        await _chat(desk.name, chat, "desk", connected, report, pages=settings.web.enabled)
    leads = settings.leads_chat or known.bindings.get(LEADS)
    if leads is None:
        report("warning", "leads: no chat; write /desk leads in the team leads' group, or set leads.chat")
    else:
        await _chat(LEADS, leads, "leads", connected, report, pages=settings.web.enabled)


async def _chat(
    name: str,
    chat: Address,
    role: Literal["desk", "leads"],
    connected: Mapping[str, Messenger],
    report: Report,
    *,
    pages: bool,
) -> None:
    messenger = connected.get(chat.messenger)
    if chat.messenger == "web" and pages:
        report("fine", f"{name}: on the staff page")
    elif chat.messenger == "web":
        report(
            "fault", f"{name}: has no chat while web.enabled = false; write /desk {name} in a group of yours"
        )
    elif messenger is None:
        report("warning", f"{name}: {chat}: not looked at")
    elif isinstance(messenger, Checks):
        for finding in await messenger.check_chat(chat.native, role):
            report("fine" if finding.ok else "fault", f"{name}: {finding.text}")
