"""What is said to one person alone after a commit: what came of a press, their page. Best effort: nothing depends on it."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING

import structlog

from bot.health import fault
from bot.messengers.contract import AnswersPresses, OffersChoices, ShowsHome

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from bot.messengers.contract import Messenger
    from domain.home import Home
    from domain.work import Effects, PressAnswer

    Saying = Callable[[Messenger], Awaitable[None]]

_log = structlog.get_logger()

_AT_ONCE = 64
_SECONDS = 10.0


class Asides:
    """Has messengers say what effects hold. Belongs to one event loop."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[None]] = set()

    def take(self, effects: Effects, messenger: Callable[[str], Messenger | None]) -> None:
        """Say it; what is too much at once, or of a messenger that is off, is left out."""
        for answer in effects.answers:
            self._begin(messenger(answer.messenger), partial(_answer, answer))
        for home in effects.homes:
            self._begin(messenger(home.messenger), partial(_show, home))

    def stop(self) -> None:
        """Say nothing more."""
        for task in self._tasks:
            task.cancel()

    def _begin(self, messenger: Messenger | None, saying: Saying) -> None:
        if messenger is None or len(self._tasks) >= _AT_ONCE:
            return
        task = asyncio.get_running_loop().create_task(_say(messenger, saying))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


async def _say(messenger: Messenger, saying: Saying) -> None:
    try:
        async with asyncio.timeout(_SECONDS):
            await saying(messenger)
    except Exception as error:  # noqa: BLE001 (best effort)
        _log.info("something was not said to one person", messenger=messenger.name, error=fault(error))


async def _answer(answer: PressAnswer, messenger: Messenger) -> None:
    """Tell whoever pressed a button what came of it, or offer them others."""
    if answer.buttons and isinstance(messenger, OffersChoices):
        await messenger.offer(answer.press, answer.text, answer.buttons)
    elif isinstance(messenger, AnswersPresses):
        await messenger.answer_press(answer.press, answer.text)


async def _show(home: Home, messenger: Messenger) -> None:
    if isinstance(messenger, ShowsHome):
        await messenger.show_home(home)
