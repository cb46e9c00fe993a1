"""What delivery is given to do, and what a handler wants done after its commit."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum
from typing import Literal

from domain.home import Home
from domain.requests import Buttons, Request


class Priority(IntEnum):
    """Who goes first when a chat's or the account's allowance is short; lower is sooner."""

    ANSWER = 0
    PING = 1
    RELAY = 2
    STATE = 3


Lane = Literal["letters", "state"]
"""A place has two lanes: its letters, first in first out, and what it should show (card, marks, title)."""


@dataclass(frozen=True, slots=True)
class Work:
    """The next request of one lane of one place.

    `step` tells the handler what the request was for once its outcome is known (opaque to delivery). `letter_id`
    is the letter it sends, `members` the messages it carries with the revision of each that it was made of.
    `revision` is that of a card or title. `private`: the chat is a customer's. `joinable`: more
    waiting letters may be joined to it when its chat's allowance is used up. `since`: when what people wrote began to
    wait, in milliseconds; 0 for anything else. `ticket_id` is for the log.
    """

    place_id: int
    chat_id: int
    messenger: str
    chat: str
    private: bool
    request: Request
    priority: Priority
    lane: Lane
    step: str
    letter_id: int | None = None
    message_id: int | None = None
    revision: int = 0
    members: tuple[tuple[int, int], ...] = ()
    joinable: bool = False
    unsure: bool = False
    since: int = 0
    ticket_id: int | None = None


@dataclass(frozen=True, slots=True)
class PressAnswer:
    """What the person who pressed a button is told; empty text only stops the button's spinner.

    `buttons` are offered with it, where the messenger can show them to one person alone.
    """

    messenger: str
    press: str
    text: str = ""
    buttons: Buttons = ()


@dataclass(slots=True)
class Effects:
    """What a handler wants done once its transaction is committed: best effort but for `works`.

    `works` are heads of places that got something to do; delivery ignores those it already has in hand. `woken`
    names such places whose heads weren't looked for, since delivery had them in hand at that moment.
    """

    works: list[Work] = field(default_factory=list)
    woken: list[tuple[int, Lane]] = field(default_factory=list)
    answers: list[PressAnswer] = field(default_factory=list)
    homes: list[Home] = field(default_factory=list)
