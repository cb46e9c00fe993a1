"""Log, lock, health: what the program shows of itself, and what it never shows."""

from __future__ import annotations

import asyncio
import io
import json
import logging
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import structlog
from aiohttp import web

from bot import log
from bot.health import Health, fault
from bot.lock import Lock
from bot.messengers import contract
from bot.server import CannotServe, Server
from domain.events import RawEvent
from storage import Connection, journal
from storage.database import Database, DatabaseUnusable

TOKEN = "123456789:AAFakeTokenOfNobodyInParticular_12345"


@pytest.fixture
def logged(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    before, said = structlog.get_config(), io.StringIO()
    monkeypatch.setattr(sys, "stderr", said)
    log.configure("json", "info", ["my-own-secret"])
    yield lambda: [json.loads(line) for line in said.getvalue().splitlines()]
    structlog.configure(**before)
    logging.basicConfig(handlers=[logging.NullHandler()], force=True)


def fail(words: str) -> None:
    try:
        dict[str, int]()[words]
    except KeyError as error:
        raise ValueError(f"can't read {words}") from error


def test_errors_are_logged_without_their_words(logged: Any) -> None:
    try:
        fail("what the customer wrote")
    except ValueError:
        structlog.get_logger().exception("it failed", row=5)
        logging.getLogger("aiohttp.server").exception("Error handling request")
    ours, theirs = logged()
    assert "what the customer wrote" not in json.dumps([ours, theirs])
    assert ours["event"] == "it failed"
    assert ours["row"] == 5
    assert ours["level"] == "error"
    assert "ValueError at test_outside.py" in ours["error"]
    assert "KeyError" in ours["error"]
    assert theirs["library"] == "aiohttp.server"
    assert "ValueError at test_outside.py" in theirs["error"]


def test_secrets_are_hidden_wherever_they_stand(logged: Any) -> None:
    structlog.get_logger().info(f"POST /bot{TOKEN}/getMe", key="my-own-secret!", other=OSError(f"to {TOKEN}"))
    logging.getLogger("some.library").warning("url https://api.telegram.org/bot%s/x", TOKEN)
    said = json.dumps(logged())
    assert "AAFake" not in said
    assert "my-own-secret" not in said
    assert "getMe" in said


def test_libraries_are_heard_only_from_warnings_on(logged: Any) -> None:
    logging.getLogger("some.library").info("chatter")
    structlog.get_logger().debug("chatter")
    assert logged() == []


async def test_errors_nobody_waits_for_are_logged(logged: Any) -> None:
    loop = asyncio.get_running_loop()
    log.watch(loop)
    loop.call_exception_handler({"message": "x", "exception": ValueError("what they wrote")})
    loop.set_exception_handler(None)
    (line,) = logged()
    assert line["error"] == "ValueError"


def test_a_fault_names_the_place() -> None:
    with pytest.raises(ValueError, match="secret words") as raised:
        fail("secret words")
    assert fault(raised.value).startswith("ValueError at test_outside.py:")
    assert "secret" not in fault(raised.value)
    assert fault(ValueError("x")) == "ValueError"


def test_a_second_okno_is_kept_out_until_the_first_ends(tmp_path: Path) -> None:
    database = tmp_path / "okno.db"
    first = Lock.hold(database)
    with pytest.raises(DatabaseUnusable, match=rf"in use by another Okno \(process {os.getpid()}\)"):
        Lock.hold(database)
    first.release()
    Lock.hold(database).release()
    # the system lets go of it when the process ends without a word
    code = "import os, sys, pathlib; from bot.lock import Lock; Lock.hold(pathlib.Path(sys.argv[1])); os._exit(9)"
    subprocess.run([sys.executable, "-c", code, str(database)], check=False, timeout=20)
    Lock.hold(database).release()


def test_a_lock_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    with pytest.raises(DatabaseUnusable, match=r"okno\.lock can't be written"):
        Lock.hold(tmp_path / "missing" / "okno.db")


@pytest.fixture
async def served(tmp_path: Path) -> AsyncIterator[tuple[Server, Database, Health, str]]:
    db, health = await Database.open(f"sqlite+aiosqlite:///{tmp_path / 'okno.db'}"), Health()
    server = Server("127.0.0.1", 0, db, health)
    server.add([web.get("/page", _page)])
    port = await server.open()
    yield server, db, health, f"http://127.0.0.1:{port}"
    await server.close()
    await db.close()


async def _page(_request: web.Request) -> web.Response:
    return web.Response(text="x", headers={"Content-Security-Policy": "default-src 'self'"})


async def test_health_and_readiness(served: tuple[Server, Database, Health, str]) -> None:
    _, db, health, base = served
    async with aiohttp.ClientSession(base) as session:
        async with session.get("/healthz") as answer:
            assert answer.status == 200
            assert answer.headers["X-Content-Type-Options"] == "nosniff"
            assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
            assert "aiohttp" not in answer.headers["Server"]
        async with session.get("/page") as answer:
            assert answer.headers["Content-Security-Policy"] == "default-src 'self'"
        own = health.messenger("telegram").own = contract.Health(last_error="no connection")
        await db.run(journal.append, "telegram", "1", [RawEvent("k", "l", 1, "{}")], 1_000)
        async with session.get("/readyz") as answer:
            assert answer.status == 503
            said = await answer.json()
        assert said["messengers"] == {"telegram": {"connected": False, "error": "no connection"}}
        assert said["database"] == {"writable": True, "error": ""}
        assert said["events"]["waiting"] == 1
        assert said["events"]["oldest_seconds"] > 1_000_000
        health.messenger("telegram").started = own.connected = True
        async with session.get("/readyz") as answer:
            assert answer.status == 200


async def test_readiness_says_when_the_database_cannot_be_written(
    served: tuple[Server, Database, Health, str],
) -> None:
    _, db, _, base = served

    def forbid(conn: Connection) -> None:
        conn.exec_driver_sql("PRAGMA query_only = 1")

    await db.run(forbid)
    async with aiohttp.ClientSession(base) as session, session.get("/readyz") as answer:
        assert answer.status == 503
        assert (await answer.json())["database"]["writable"] is False


async def test_metrics_are_served(served: tuple[Server, Database, Health, str]) -> None:
    _, _, health, base = served
    health.count("events_received", "telegram", by=3)
    health.count("limited", "telegram")
    async with aiohttp.ClientSession(base) as session, session.get("/metrics") as answer:
        text = await answer.text()
    assert 'okno_events_received_total{messenger="telegram"} 3.0' in text
    assert 'okno_limited_total{messenger="telegram"} 1.0' in text
    assert "okno_letters_waiting 0.0" in text
    assert "okno_database_writable 1.0" in text


async def test_a_port_in_use_is_named(served: tuple[Server, Database, Health, str]) -> None:
    _, db, _, base = served
    with pytest.raises(CannotServe, match=r"web\.port: 127\.0\.0\.1:\d+ can't be listened on"):
        await Server("127.0.0.1", int(base.rpartition(":")[2]), db, Health()).open()
