"""Finds in the code which texts it asks for, and with which params."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FLOORS = ("domain", "storage", "escalation", "handlers", "bot")
OTHER_NAMES = ("bot/settings/", "storage/schema.py", "storage/migrations/")  # their dotted names are no texts
ASKING = ("text", "_say")
KEY = re.compile(r"[a-z_]+(\.[A-Za-z0-9_/]+)+")


@dataclass(frozen=True)
class Asked:
    """One `text(…)` call: the keys it may ask for as patterns, and the params it gives (None: not known)."""

    where: str
    patterns: tuple[str, ...]
    params: frozenset[str] | None


@dataclass
class Scan:
    """All calls, and every literal of the code that looks like a key."""

    calls: list[Asked] = field(default_factory=list)
    literals: dict[str, str] = field(default_factory=dict)

    def asks_for(self, key: str) -> bool:
        """Whether any code can ask for this key."""
        return key in self.literals or any(re.fullmatch(p, key) for call in self.calls for p in call.patterns)


@cache
def scan() -> Scan:
    """Read the whole program, Python and the pages' scripts."""
    found = Scan()
    for floor in FLOORS:
        for file in sorted((ROOT / floor).rglob("*.py")):
            _scan_file(file, found)
    return found


def _scan_file(file: Path, found: Scan) -> None:
    where = str(file.relative_to(ROOT))
    names_texts = not where.startswith(OTHER_NAMES)
    tree = ast.parse(file.read_text(encoding="utf-8"))
    pieces = {id(v) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for v in node.values}
    for node in ast.walk(tree):
        if id(node) in pieces:
            continue
        if (
            names_texts
            and isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and KEY.fullmatch(node.value)
        ):
            found.literals.setdefault(node.value, f"{where}:{node.lineno}")
        if (
            names_texts
            and isinstance(node, ast.JoinedStr)
            and (pattern := _pattern(node))
            and pattern[0].isalpha()
        ):
            found.calls.append(Asked(f"{where}:{node.lineno}", (pattern,), None))
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Name)
            and node.func.id in ASKING
            and len(node.args) > 1
        ):
            given = frozenset(k.arg for k in node.keywords if k.arg)
            spread = any(k.arg is None for k in node.keywords)
            patterns = tuple(_keys(node.args[1]))
            found.calls.append(Asked(f"{where}:{node.lineno}", patterns, None if spread else given))


def _keys(node: ast.expr) -> Iterator[str]:
    """Patterns of the keys that an expression may be."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield re.escape(node.value)
    elif isinstance(node, ast.JoinedStr):
        yield _pattern(node) or "(?!)"
    elif isinstance(node, ast.IfExp):
        yield from _keys(node.body)
        yield from _keys(node.orelse)
    elif isinstance(node, ast.Subscript) and isinstance(node.value, ast.Tuple):
        for element in node.value.elts:
            yield from _keys(element)


def _pattern(node: ast.JoinedStr) -> str | None:
    """An f-string that begins with a family (`card.state.{…}`) as a pattern."""
    parts = [
        re.escape(str(v.value)) if isinstance(v, ast.Constant) else r"[A-Za-z0-9_/.]+" for v in node.values
    ]
    first = node.values[0] if node.values else None
    if isinstance(first, ast.Constant) and re.fullmatch(r"[a-z_]+\.[a-z0-9_.]*", str(first.value)):
        return "".join(parts)
    return None


def recorded() -> set[str]:
    """What handlers record as done with a ticket: the words of `tickets.record` and of `_assign`, which records."""
    found: set[str] = set()
    for file in (ROOT / "handlers").glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call):
                continue
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if name in ("record", "_assign"):
                found |= {word for arg in node.args for word in _words(arg)}
    return found


def _words(node: ast.expr) -> Iterator[str]:
    if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value:
        yield node.value
    elif isinstance(node, ast.IfExp):
        yield from _words(node.body)
        yield from _words(node.orelse)
