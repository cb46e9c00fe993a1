"""What a letter will look like where it goes: contents, header, the message it answers, native copying."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Literal, cast

from domain.composing import CARRIES_TEXT
from domain.messages import Content, load_content
from domain.names import apart, tidy
from domain.requests import Original
from domain.richtext import RichText, Span, may_ping, plain, silence_mentions
from domain.texts import text
from storage import links, messages, people, tickets

if TYPE_CHECKING:
    from domain.policy import Policy
    from storage import Connection
    from storage.query import Row


QUOTED = 200
"""So many characters of an answered message stand above its answer."""


def contents_of(conn: Connection, message: Row) -> tuple[Content, ...]:
    """The newest content of a message, or of every part of the album that it begins."""
    if message.album_id is not None and message.album_id == message.id:
        return tuple(load_content(row.content) for row in messages.album(conn, message.id))
    return (load_content(message.content),)


def changed_contents(conn: Connection, message: Row, copies: Sequence[Row]) -> tuple[Content, ...]:
    """What a change of the message's copies is made of: its content, and of an album's first, which what didn't fit into
    the captions belongs to, the whole album where there is such a part.
    """
    if any(link.part for link in copies):
        return contents_of(conn, message)
    return (load_content(message.content),)


def whole(conn: Connection, rows: Sequence[Row]) -> Sequence[Row]:
    """The messages, or when it is one that begins an album, all of that album."""
    if len(rows) == 1 and rows[0].album_id is not None and rows[0].album_id == rows[0].id:
        return messages.album(conn, rows[0].id)
    return rows


def header_of(
    conn: Connection, policy: Policy, place: Row, message: Row, content: Content
) -> RichText | None:
    """What stands before a text: in a desk the customer's name where there are no topics, the forward's source, and
    that they deleted it; on both sides the words that it answers, where the answer itself can't show them. None
    when nothing does, or the kind carries no text.
    """
    if place.kind != "thread" and message.reply_to_id is None and not content.quote:
        return None
    if content.kind not in CARRIES_TEXT and _native(place, message, content):
        return None
    lines = _about(conn, policy, place, message, content) if place.kind == "thread" else []
    if answered := quoted_above(conn, policy, place, message, content):
        lines.append(RichText(answered, (Span("quote", 0, len(answered)),)))
    if not lines:
        return None
    header = RichText()
    for line in lines:
        header = header + line + plain("\n")
    return header if content.text or content.label else header.strip()


def _about(conn: Connection, policy: Policy, place: Row, message: Row, content: Content) -> list[RichText]:
    lines: list[RichText] = []
    if message.role == "customer" and not place.threaded:
        lines.append(named(conn, place.ticket_id))
    if message.from_kind == "shared":
        lines += _speaker(conn, policy, place, message)
    if content.forwarded_from:
        said = text(policy.locale, "relay.forwarded", name=apart(tidy(content.forwarded_from)))
        lines.append(RichText(said, (Span("italic", 0, len(said)),)))
    if message.deleted:
        lines.append(plain(text(policy.locale, "relay.deleted")))
    return lines


def deleted_mark(policy: Policy, content: Content) -> RichText:
    """That its customer deleted it, as it stands above the text."""
    said = plain(text(policy.locale, "relay.deleted"))
    return said + plain("\n") if content.text or content.label else said


def _speaker(conn: Connection, policy: Policy, place: Row, message: Row) -> list[RichText]:
    """Who spoke in a shared channel, when it wasn't the ticket's own customer."""
    customer = people.customer(conn, tickets.get(conn, place.ticket_id).customer_id)
    if message.person_id == customer.person_id:
        return []
    name = people.by_id(conn, message.person_id).name
    said = text(policy.locale, "relay.direct", name=name) if message.role == "answer" else name
    return [RichText(said, (Span("bold", 0, len(said)),))]


def named(conn: Connection, ticket_id: int) -> RichText:
    """The customer's name and the ticket's number, as copies begin where there are no topics."""
    ticket = tickets.get(conn, ticket_id)
    name = apart(people.customer(conn, ticket.customer_id).name)
    return RichText(f"{name} #{ticket_id}", (Span("bold", 0, len(name)),) if name else ())


def original_of(conn: Connection, place: Row, message: Row, contents: Sequence[Content]) -> Original | None:
    """Where the content lies in the same messenger and account; None when it must be sent anew."""
    if not all(_native(place, message, content) for content in contents):
        return None
    if message.album_id is not None and len(contents) > 1:
        return Original(message.from_native, tuple(row.ref for row in messages.album(conn, message.album_id)))
    return Original(message.from_native, (message.ref,))


def _native(place: Row, message: Row, content: Content) -> bool:
    same = (message.from_messenger, message.from_account) == (place.messenger, place.account)
    return same and content.copyable


def copied_as_it_is(place: Row, message: Row, contents: Sequence[Content], header: RichText | None) -> bool:
    """Whether the messenger copies it without touching the text, so that no limit of ours applies."""
    if header is not None or not all(_native(place, message, content) for content in contents):
        return False
    return place.kind == "chat" or not any(may_ping(content.text.text) for content in contents)


def reply_ref(conn: Connection, place: Row, reply_to_id: int | None) -> str | None:
    """The message in the place's chat that stands for the one a person answered, on whichever side that was."""
    if reply_to_id is None:
        return None
    target = messages.find(conn, reply_to_id)
    if target is None:  # older than messages are kept
        return None
    if target.chat_id == place.chat_id:
        return None if target.deleted else str(target.ref)
    copies = links.copies_in_place(conn, reply_to_id, place.id)
    return copies[0].ref if copies else None


def answered_ref(conn: Connection, policy: Policy, place: Row, message: Row) -> str | None:
    """The message that its copy can answer there; None where nothing in a thread answers a single message."""
    caps = policy.capabilities.get(place.messenger)
    if place.kind == "thread" and caps is not None and not caps.replies_in_threads:
        return None
    return reply_ref(conn, place, message.reply_to_id)


def quoted_above(conn: Connection, policy: Policy, place: Row, message: Row, content: Content) -> str:
    """The words that a message answers, for where its copy can't show them; empty when nothing is lacking.

    Only what customers and agents told each other is ever quoted.
    """
    if message.reply_to_id is None:  # words from elsewhere: what an agent quotes may be another customer's
        return content.quote if message.role == "customer" else ""
    if answered_ref(conn, policy, place, message) is not None:
        return "" if policy.capabilities[place.messenger].quotes else content.quote
    target = messages.by_id(conn, message.reply_to_id)
    if target.role not in ("customer", "answer") or target.deleted:
        return ""
    return content.quote or _shortened(labelled(load_content(target.content)).text.text)


def quoted_part(conn: Connection, place: Row, message: Row, content: Content) -> RichText | None:
    """The part of the answered message that is meant, formatted as it stands in the place; None when it isn't there."""
    if not content.quote or message.reply_to_id is None:
        return None
    target = messages.by_id(conn, message.reply_to_id)
    words = load_content(target.content).text
    start = words.text.find(content.quote)
    if start < 0:
        return None
    part = words.slice(start, start + len(content.quote))
    return silence_mentions(part) if place.kind == "thread" and target.chat_id != place.chat_id else part


def _shortened(words: str) -> str:
    line = " ".join(words.split())
    return line if len(line) <= QUOTED else f"{line[: QUOTED - 1].rstrip()}…"


def labelled(content: Content) -> Content:
    """The content with its description in words as its text, for where its kind can't be shown."""
    if content.text or not content.label:
        return content
    return replace(content, text=plain(content.label))


Stage = Literal["", "delivered", "seen"]
"""How far a message got."""


def read_mark(mark: str) -> tuple[Stage, str]:
    """The two halves of a mark: how far the message got, and the other side's reaction."""
    stage, _, emoji = mark.partition(" ")
    return cast("Stage", stage), emoji


def write_mark(stage: Stage, emoji: str) -> str:
    """The mark of the two halves."""
    return f"{stage} {emoji}".rstrip() if emoji else stage
