"""Events come to a process in whatever order their commits are heard of; they are handled in that of their lane."""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import pytest

from bot.health import Health
from bot.patience import Committer
from bot.pump import Handlers, Pump
from domain.events import Event, RawEvent, Wrote
from domain.policy import Policy
from domain.work import Effects
from storage import Connection, claims, journal
from storage.database import Database
from tests.engine.bench import POLICY, Speaking
from tests.program.running import until

EVENTS = 40
NOW = datetime.fromisoformat("2026-03-02T09:00:00+00:00")


def _event(number: int) -> RawEvent:
    payload = {"chat": "lane", "text": str(number)}
    return RawEvent(f"k{number}", "lane", number, json.dumps(payload), parsed=payload)


def _handle(
    conn: Connection, _p: Policy, _now: datetime, _m: str, ids: Sequence[int], events: Sequence[Event]
) -> Effects | None:
    if not claims.claim(conn, ids, None):
        return None
    return Effects(woken=[(int(e.content.text.text), "letters") for e in events if isinstance(e, Wrote)])


def _give_up(*_: Any) -> Effects:
    raise AssertionError("nothing is given up on")


@pytest.mark.parametrize("seed", range(3))
async def test_each_is_handled_once_and_in_its_turn(one: Database, seed: int) -> None:
    handled: list[int] = []
    pump = Pump(
        Committer(one, Health()),
        POLICY,
        Handlers(_handle, _give_up, claims.of_lane),
        lambda effects: handled.extend(number for number, _ in effects.woken),
        lambda: NOW,
        Health(),
    )
    pump.attach(Speaking())
    pump.go_live("fake")
    rows = await one.run(journal.append, "fake", "1", [_event(number) for number in range(EVENTS)], 0)
    random.Random(seed).shuffle(rows)
    for row in rows:
        pump.offer([row])  # what goes before it is found in the journal, and offered later
        await asyncio.sleep(0.002 if row.position % 3 else 0)  # a real database takes real time
    await until(lambda: len(handled) == EVENTS and not pump.held)
    assert handled == list(range(EVENTS))
    await pump.stop(5)
