"""One turn: a handler's single transaction with what it needs to know and what it wants done afterwards."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from domain.moments import to_ms
from domain.policy import Capabilities, Desk, Policy
from domain.texts import best
from domain.work import Effects, Lane, PressAnswer

if TYPE_CHECKING:
    from domain.requests import Buttons
    from storage import Connection
    from storage.query import Row


class Turn:
    """What a handler works with. `woken` are the lanes of places that got something to do, `needless` the letters that
    would have carried a later part of a message, and were dropped.
    """

    def __init__(self, conn: Connection, policy: Policy, now: datetime, messenger: str = "") -> None:
        self.conn = conn
        self.policy = policy
        self.now = now
        self.now_ms = to_ms(now)
        self.messenger = messenger
        self.account = policy.accounts.get(messenger, "")
        self.effects = Effects()
        self.woken: dict[tuple[int, Lane], None] = {}
        self.needless: list[Row] = []

    def wake(self, place_id: int, lane: Lane = "letters") -> None:
        """The lane has something to do once this turn is committed."""
        self.woken[place_id, lane] = None

    def answer(self, press: str, words: str = "", buttons: Buttons = ()) -> None:
        """Tell whoever pressed a button, and offer them others."""
        self.effects.answers.append(PressAnswer(self.messenger, press, words, buttons))

    def capabilities(self, messenger: str) -> Capabilities:
        """What that messenger can carry; one that is switched off is taken for a plain one."""
        return self.policy.capabilities.get(messenger) or Capabilities(max_text=4096, max_caption=1024)

    def desk(self, name: str) -> Desk:
        """The desk of that name; one that the settings no longer have gives way to the default one."""
        return self.policy.desk(name) or self.policy.default_desk

    def locale_of(self, person: Row) -> str:
        """The language to speak to this person in."""
        wanted = person.chosen_locale or person.locale
        return best(wanted, self.policy.locale) if wanted else self.policy.locale
