"""What a person sees on the page that their messenger has for them and the bot: a few titled parts. Plain data."""

from __future__ import annotations

from dataclasses import dataclass

from domain.requests import Buttons
from domain.richtext import RichText


@dataclass(frozen=True, slots=True)
class HomePart:
    """One part: its title, what it says, and the buttons under it. A part without a title goes on with the last one."""

    title: str
    words: RichText
    buttons: Buttons = ()


@dataclass(frozen=True, slots=True)
class Home:
    """The whole page of one person. `chat` is their private chat with the bot, where presses on it belong."""

    messenger: str
    person: str
    chat: str
    parts: tuple[HomePart, ...]
