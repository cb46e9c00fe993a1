"""Customers and desks in any two messengers: what is written, sent and changed on one side shows on the other."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.fakes.slack import SlackFake
from tests.fakes.telegram import TelegramFake
from tests.program.running import running, until
from tests.program.sides import (
    Agent,
    Customer,
    SlackAgent,
    SlackCustomer,
    TelegramAgent,
    TelegramCustomer,
    browsing,
)
from tests.program.slack import slack
from tests.program.test_telegram import telegram

pytestmark = pytest.mark.program

MESSENGERS = ("telegram", "slack", "web")
HOSTILE = "<b>*bold*</b> <!channel> & :smile: _x_ 👋"


async def arrives(side: Customer | Agent, text: str) -> None:
    async def there() -> bool:
        return text in await side.sees()

    found: bool = await until(there, what=text)
    assert found


@pytest.mark.parametrize("desk", MESSENGERS)
@pytest.mark.parametrize("customer", MESSENGERS)
async def test_a_conversation(customer: str, desk: str, tmp_path: Path):
    async with SlackFake() as here, TelegramFake(privacy=False) as there:
        customers: dict[str, Customer] = {"telegram": TelegramCustomer(there), "slack": SlackCustomer(here)}
        agents: dict[str, TelegramAgent | SlackAgent] = {
            "telegram": TelegramAgent(there),
            "slack": SlackAgent(here),
        }
        chat = {"OKNO_DESKS__HOWTO__CHAT": f"{desk}:{agents[desk].chat if desk in agents else 'howto'}"}
        async with (
            running(tmp_path, **slack(here), **telegram(there), **chat) as program,
            browsing(program) as web,
        ):
            anna = customers.get(customer) or web[0]
            ivan: Agent = agents.get(desk) or web[1]
            await anna.says(HOSTILE)
            await arrives(ivan, HOSTILE)
            answer = await ivan.says("first " + HOSTILE)
            await arrives(anna, "first " + HOSTILE)
            await ivan.edits(answer, "changed " + HOSTILE)
            await arrives(anna, "changed " + HOSTILE)
            await anna.sends("notes.txt", b"what the file says")
            await arrives(ivan, "what the file says")
