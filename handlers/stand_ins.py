"""Files that can't be carried to the other side: what stands in their place, and who is told.

The letter stays where it is in its place's order and is made anew without the file, so that nothing overtakes it: the
words go out all the same, with an address of the file where there is one, else with a sentence. What was left out is
written in the letter's payload.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

import orjson

from domain.filetypes import clean_name
from domain.messages import Content
from domain.richtext import RichText, Span, plain
from domain.texts import best, size, text
from handlers import layout, relay
from storage import messages, outbox, people, places, tickets

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from domain.messages import Attachment
    from domain.policy import Policy
    from domain.requests import Refused, Send
    from handlers.turn import Turn
    from storage import Connection
    from storage.query import Row

TOO_BIG = "refused.file_too_big"
"""The one reason for which the file itself can still be handed out."""

_ABOUT_FILES = (
    TOO_BIG,
    "refused.file_not_given",
    "refused.file_gone",
    "refused.file_later",
    "refused.file_broken",
    "refused.file_empty",
    "refused.file_closed",
    "refused.file_elsewhere",
    "refused.file_not_shared",
)
_SIZED = (TOO_BIG, "refused.file_not_given")
_MARK = '"instead"'


class Lacking(NamedTuple):
    """Why a file can't be carried: a key of the texts, and a limit in bytes where it is one."""

    reason: str
    detail: str


def lacking(letter: Row) -> Mapping[int, Lacking]:
    """Which contents of the letter's request go without their file, by their number in it."""
    if _MARK not in letter.payload:
        return {}
    return {int(n): Lacking(*why) for n, why in orjson.loads(letter.payload)["instead"].items()}


def left_out(turn: Turn, letter: Row, request: Send, outcome: Refused) -> Sequence[int]:
    """The contents whose file the refusal is about, now written down in the letter; none when it is about no file."""
    if letter.kind not in ("copy", "history") or outcome.reason not in _ABOUT_FILES:
        return ()
    known = dict(lacking(letter))
    those = [n for n, content in enumerate(request.contents) if content.files and n not in known]
    if outcome.part is not None:
        those = [n for n in those if n == outcome.part]
    if not those:
        return ()
    known |= dict.fromkeys(those, Lacking(outcome.reason, outcome.detail))
    payload = orjson.loads(letter.payload) if letter.payload else {"v": 1}
    payload["instead"] = {str(n): list(why) for n, why in known.items()}
    outbox.change(turn.conn, letter.id, payload=orjson.dumps(payload).decode())
    return those


def without_files(conn: Connection, policy: Policy, letter: Row, message: Row, request: Send) -> Send:
    """The request with words in the place of the files that can't be carried."""
    missing = lacking(letter)
    if not missing:
        return request
    rows = layout.whole(conn, [message])
    locale = policy.locale if request.quiet_mentions else _customers_locale(conn, policy, letter)
    contents = list(request.contents)
    for number, why in missing.items():
        if number >= len(contents) or not contents[number].files:
            continue  # erased, or changed meanwhile
        row, content = rows[min(number, len(rows) - 1)], contents[number]
        contents[number] = _worded(policy, locale, letter, row, content, why)
    return replace(request, contents=tuple(contents), original=None)


def as_it_stands(conn: Connection, policy: Policy, place: Row, message: Row, content: Content) -> Content:
    """The content as its copy shows it: with words where these stand for its file."""
    letter = outbox.first_copy(conn, place.id, message.album_id or message.id)
    if letter is None or not (missing := lacking(letter)):
        return content
    locale = policy.locale if place.kind == "thread" else _customers_locale(conn, policy, letter)
    for number, row in enumerate(layout.whole(conn, [messages.by_id(conn, letter.message_id)])):
        if row.id == message.id and number in missing:
            return _worded(policy, locale, letter, message, content, missing[number])
    return content


def _worded(
    policy: Policy, locale: str, letter: Row, message: Row, content: Content, why: Lacking
) -> Content:
    said = _line(policy, locale, letter, message, content.files[0], why)
    words = content.text + plain("\n") + said if content.text else said
    return Content(text=words, forwarded_from=content.forwarded_from)


def tell(turn: Turn, letter: Row, request: Send, parts: Sequence[int]) -> None:
    """Say who has to know: the agent whose file doesn't reach the customer; the customer whose file reaches nobody."""
    message = messages.by_id(turn.conn, letter.message_id)
    ticket = tickets.get(turn.conn, message.ticket_id)
    if letter.kind != "copy" or ticket.desk_place_id is None:
        return
    rows = layout.whole(turn.conn, [message])
    for part in parts:
        row, file = rows[min(part, len(rows) - 1)], request.contents[part].files[0]
        why = lacking(outbox.by_id(turn.conn, letter.id))[part]
        if message.role == "answer":
            _tell_agent(turn, letter, ticket, row, file, why)
        elif _link(turn.policy, letter, row, file, why) is None:
            _tell_customer(turn, ticket, row, file, why)


def undelivered(conn: Connection, policy: Policy, letter: Row) -> bool:
    """Whether a file of the letter's message reached the other side neither as it is nor as an address."""
    first = letter if not letter.part else outbox.first_copy(conn, letter.place_id, letter.message_id)
    return first is not None and any(
        why.reason != TOO_BIG or policy.file_link is None for why in lacking(first).values()
    )


def said_something(conn: Connection, policy: Policy, letter: Row, message: Row) -> bool:
    """Whether anything of the message was delivered: words, another file, an address."""
    missing = lacking(letter)
    contents = layout.contents_of(conn, message)
    return letter.part > 0 or any(
        content.text or n not in missing or (missing[n].reason == TOO_BIG and policy.file_link is not None)
        for n, content in enumerate(contents)
    )


def reason_of(locale: str, reason: str, detail: str) -> str:
    """Why a file can't be carried, in words."""
    said = text(locale, reason)
    if reason in _SIZED and detail.isdecimal():
        return f"{said} ({text(locale, 'refused.at_most', size=size(locale, int(detail)))})"
    return said


def _tell_agent(turn: Turn, letter: Row, ticket: Row, row: Row, file: Attachment, why: Lacking) -> None:
    locale = turn.policy.locale
    link = _link(turn.policy, letter, row, file, why)
    key = "undelivered.file" if link is None else "undelivered.file_link"
    words = text(locale, key, name=_named(locale, file), reason=reason_of(locale, *why))
    place = places.by_id(turn.conn, ticket.desk_place_id)
    ref = row.ref if row.place_id == place.id else None
    relay.say(turn, place, words, ticket_id=ticket.id, reply_ref=ref)


def _tell_customer(turn: Turn, ticket: Row, row: Row, file: Attachment, why: Lacking) -> None:
    customer = people.customer(turn.conn, ticket.customer_id)
    locale = turn.locale_of(people.by_id(turn.conn, customer.person_id))
    words = text(locale, "left_out.yours", name=_named(locale, file), reason=reason_of(locale, *why))
    place = places.by_id(turn.conn, ticket.customer_place_id)
    ref = row.ref if row.place_id == place.id else None
    relay.say(turn, place, words, ticket_id=ticket.id, reply_ref=ref)


def _line(policy: Policy, locale: str, letter: Row, message: Row, file: Attachment, why: Lacking) -> RichText:
    """What is read in the place of the file."""
    link = _link(policy, letter, message, file, why)
    named = _named(locale, file)
    if link is None:
        return plain(text(locale, "left_out.here", name=named, reason=reason_of(locale, *why)))
    return RichText(named, (Span("link", 0, len(named), link),)) + plain(f"\n{link}")


def _link(policy: Policy, letter: Row, message: Row, file: Attachment, why: Lacking) -> str | None:
    """Where the file itself is handed out; None when it can't be."""
    if policy.file_link is None or why.reason != TOO_BIG:
        return None
    return policy.file_link(message.id, clean_name(file.name), letter.created_at)


def _named(locale: str, file: Attachment) -> str:
    """The file's name, its size where that is known."""
    name = clean_name(file.name) or text(locale, "left_out.unnamed")
    return name if file.size is None else f"{name} ({size(locale, file.size)})"


def _customers_locale(conn: Connection, policy: Policy, letter: Row) -> str:
    ticket = tickets.get(conn, letter.ticket_id)
    person = people.by_id(conn, people.customer(conn, ticket.customer_id).person_id)
    return best(person.chosen_locale or person.locale or policy.locale, policy.locale)
