"""`okno run` that can't start: the program as a subprocess, one line on stderr and an exit code."""

from __future__ import annotations

import asyncio
import os
import socket
import sys
from pathlib import Path

import pytest

from storage import Connection
from storage.database import Database
from tests.fakes.telegram import TelegramFake

pytestmark = pytest.mark.program

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 60.0


async def ended(**settings: str) -> tuple[int, str]:
    """Exit code and what stood on stderr; everything is in the test's own folder."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "bot",
        "run",
        env={**os.environ, "PYTHONPATH": str(ROOT), "OKNO_WEB__PORT": "0", **settings},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        _, errors = await asyncio.wait_for(process.communicate(), PATIENCE)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    assert process.returncode is not None
    return process.returncode, errors.decode()


async def test_a_port_that_is_taken() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        code, said = await ended(OKNO_WEB__PORT=str(port))
    assert code == 1
    assert said.startswith(f"web.port: 127.0.0.1:{port} can't be listened on")
    assert said.count("\n") == 1


async def test_a_database_that_a_newer_okno_made() -> None:
    database = await Database.open("sqlite+aiosqlite:///okno.db")
    await database.run(_newer)
    await database.close()
    code, said = await ended()
    assert code == 1
    assert "was made by a newer Okno (schema 9999" in said
    assert said.count("\n") == 1


def _newer(conn: Connection) -> None:
    conn.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")


async def test_a_token_that_is_refused() -> None:
    async with TelegramFake() as fake:
        token = "1:wrong_token_that_nobody_has"
        code, said = await ended(OKNO_TELEGRAM__TOKEN=token, OKNO_TELEGRAM__API_BASE=fake.url)
    assert code == 2
    assert said.startswith("telegram.token: ")
    assert said.count("\n") == 1
    assert "wrong_token" not in said


async def test_a_desk_in_a_messenger_that_is_off() -> None:
    code, said = await ended(OKNO_DESKS__BUGS__CHAT="telegram:-5")
    assert code == 2
    assert said.startswith("desks.bugs.chat (from OKNO_DESKS__BUGS__CHAT)")
    assert said.count("\n") == 1
