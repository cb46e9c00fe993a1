"""The words of a rich message (Bot API 10), read without knowing its blocks: their number grows. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

_BLOCKS = ("blocks", "items", "cells")
_WORDS = ("label", "summary", "text", "expression", "alternative_text", "caption", "credit")
_COLUMNS = " | "


def words_of(node: Any) -> str:
    """Everything a person would read in it, blocks on lines of their own."""
    return "\n".join(line for line in _lines(node) if line)


def mentions_people_in(node: Any) -> bool:
    """Whether somebody is mentioned by their account anywhere in it."""
    if isinstance(node, dict):
        return node.get("type") == "text_mention" or any(map(mentions_people_in, node.values()))
    return isinstance(node, list) and any(map(mentions_people_in, node))


def _lines(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        yield _inline(node)
        for key in _BLOCKS:
            yield from _lines(node.get(key))
    elif isinstance(node, list):
        for item in node:
            if isinstance(item, list):
                yield _COLUMNS.join(map(_inline, item))
            else:
                yield from _lines(item)


def _inline(node: Any) -> str:
    if isinstance(node, str):
        return node
    if isinstance(node, list):
        return "".join(map(_inline, node))
    if isinstance(node, dict):
        return " ".join(words for key in _WORDS if (words := _inline(node.get(key))))
    return ""
