"""The web messenger's ids: made and read only here.

A customer and their private chat are both `c:<digest of their browser's secret>`, an agent is `a:<random>`, a desk
is its name, the leads' chat `leads`. Messages and threads are numbers.
"""

from __future__ import annotations

import hashlib
import re
import secrets

_DESK = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
_NUMBER = re.compile(r"[0-9]{1,18}")
_SECRET = re.compile(r"[A-Za-z0-9_-]{32,64}")
_CLIENT_KEY = re.compile(r"[A-Za-z0-9_-]{8,64}")
_FILE = re.compile(r"[A-Za-z0-9_-]{32}")


def new_secret() -> str:
    """What a customer's browser keeps and nobody else learns."""
    return secrets.token_urlsafe(32)


def customer_of(secret: str) -> str | None:
    """The customer whose browser has the secret; None for what no browser got from here."""
    if not _SECRET.fullmatch(secret):
        return None
    return f"c:{hashlib.sha256(secret.encode()).hexdigest()[:24]}"


def user(user_id: str) -> str:
    """The customer whom the host product calls so, when they never wrote before signing in."""
    return f"c:{hashlib.sha256(f'user:{user_id}'.encode()).hexdigest()[:24]}"


def number_of(customer: str) -> int:
    """Four digits that tell nameless customers apart."""
    return 1000 + int(customer.removeprefix("c:")[:8], 16) % 9000


def is_private(chat: str) -> bool:
    """Whether the chat is one customer's own."""
    return chat.startswith("c:")


def is_desk(chat: str) -> bool:
    """Whether the chat can be a desk or the leads' chat."""
    return _DESK.fullmatch(chat) is not None


def number(ref: object) -> int | None:
    """The number behind a message's or thread's id; None for anything else."""
    return int(ref) if isinstance(ref, str) and _NUMBER.fullmatch(ref) else None


def new_file() -> str:
    """An unguessable token: whoever has it may read the file."""
    return secrets.token_urlsafe(24)


def is_file(token: object) -> bool:
    """Whether it can be a file's token."""
    return isinstance(token, str) and _FILE.fullmatch(token) is not None


def browser_key(person: str, key: object) -> str | None:
    """A browser's own key of what it sent, apart from everybody else's; None when it is malformed."""
    return f"b:{person}:{key}" if isinstance(key, str) and _CLIENT_KEY.fullmatch(key) else None


def letter_key(letter: str) -> str:
    """The key of what Okno sent for a letter."""
    return f"l:{letter}"


def own_key(key: str) -> str:
    """What the browser itself called it; empty for the bot's messages."""
    return key.rsplit(":", 1)[1] if key.startswith("b:") else ""


def lane(chat: str, thread: int) -> str:
    """Events of one customer's chat, or of one thread of a desk, keep their order."""
    return f"{chat}:{thread}" if thread else chat


def change_key(chat: str, seq: int) -> str:
    """The event that the numbered change of a chat is."""
    return f"{chat}#{seq}"


def place(chat: str, thread: str | None, ref: str | None) -> str:
    """The part of the staff page's address after the #."""
    return "/".join([chat, *([thread or "", ref] if ref else [thread] if thread else [])])


def press(person: str, key: str) -> str:
    """How to answer a press: whose it was and how their browser calls it."""
    return f"{person}|{key}"


def presser(press_id: str) -> tuple[str, str]:
    """The person and their browser's key of a press."""
    person, _, key = press_id.partition("|")
    return person, key
