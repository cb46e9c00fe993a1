"""Emoji as Slack calls them, and as everybody else writes them."""

from __future__ import annotations

from functools import cache

from bot.messengers.slack.emoji_names import TABLE

_VARIATION = "\ufe0f"
_TONES = {
    "skin-tone-2": "🏻",
    "skin-tone-3": "🏼",
    "skin-tone-4": "🏽",
    "skin-tone-5": "🏾",
    "skin-tone-6": "🏿",
}


@cache
def _emoji() -> dict[str, str]:
    pairs = (entry.rpartition("=") for entry in TABLE.split())
    return {name: emoji for name, _, emoji in pairs}


@cache
def _names() -> dict[str, str]:
    names: dict[str, str] = {}
    for name, emoji in _emoji().items():
        names.setdefault(emoji.replace(_VARIATION, ""), name)
    return names


def emoji_of(name: str) -> str | None:
    """The emoji of that name (`+1`, `wave::skin-tone-3`); None for a workspace's own pictures."""
    base, _, tone = name.partition("::")
    found = _emoji().get(base)
    return found and found + _TONES.get(tone, "")


def name_of(emoji: str) -> str | None:
    """Slack's name of an emoji; a skin tone is left out. None when Slack has none."""
    plain = emoji.replace(_VARIATION, "")
    for tone in _TONES.values():
        plain = plain.replace(tone, "")
    return _names().get(plain)


def from_unicode(codes: str) -> str:
    """The emoji that a rich-text element spells as hexadecimal code points (`1f44d-1f3fd`)."""
    return "".join(chr(int(code, 16)) for code in codes.split("-"))
