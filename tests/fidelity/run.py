"""Everything that people send and do, tried between all pairs of messengers in both directions."""

from __future__ import annotations

import asyncio
from pathlib import Path

from tests.fidelity.case import Case
from tests.fidelity.rows import ROWS, Row
from tests.fidelity.things import Lacks
from tests.fidelity.world import MESSENGERS, House, house

Found = dict[tuple[str, str, str, str], str]
"""What was found, by customer's messenger, desk's messenger, direction and row."""

FAILED = "✗"
"""Begins what isn't as it should be, with what was seen instead."""


async def run(folder: Path, rows: tuple[Row, ...] = ROWS, pairs: str = "") -> Found:
    """Try the rows; between all pairs, or only those that `pairs` names (`telegram-slack`)."""
    async with house(folder) as there:
        wanted = [
            (c, d) for c in MESSENGERS for d in MESSENGERS if not pairs or f"{c}-{d}" in pairs.split(",")
        ]
        tries = [_pair(there, c, d, number, rows) for number, (c, d) in enumerate(wanted)]
        return {key: cell for found in await asyncio.gather(*tries) for key, cell in found.items()}


async def _pair(there: House, customer: str, desk: str, number: int, rows: tuple[Row, ...]) -> Found:
    case = await there.conversation(customer, desk, number)
    found: Found = {}
    for row in rows:
        for way, one in (("to the desk", case), ("to the customer", case.back)):
            if row.only in ("", way):
                found[customer, desk, way, row.title] = await _cell(row, one)
    return found


async def _cell(row: Row, case: Case) -> str:
    try:
        return await row.run(case)
    except Lacks as lacks:
        return f"can't: {lacks.reason} ([documentation]({lacks.link}))"
    except AssertionError as missing:
        return f"{FAILED} {missing}"
