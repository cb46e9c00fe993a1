"""What a card says: who the customer is, category, state, assignee, and the buttons. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from domain.policy import Desk
from domain.requests import Button, Buttons
from domain.richtext import RichText, Span, plain, silence_mentions
from domain.texts import text

TicketState = Literal["agent", "customer", "snoozed", "closed"]
Menu = Literal["", "move", "snooze"]

SNOOZES = ("1h", "4h", "1d", "3d")
_BUTTON_DESKS = 4  # with more, moving goes through a menu


@dataclass(frozen=True, slots=True)
class CardView:
    """All that a card shows. `handle` is the customer's public name in their messenger, `via` that messenger.

    `rule` is the mirror rule in force: `all`, `replies`, or `answer_only` where nothing answers a single message.
    `clock` says in words and colour how long the customer's question may still wait.
    `via_link` opens the customer's own thread where they have one. `menus`: buttons may have options.
    `details` is what their product vouches for, `context` what the page around them said. `tier` is the customer's, `duty` who is on duty, mentioned. `pings`: an `@name` may reach somebody there. `moved_to` is set on the card of a place that the ticket has left.
    """

    ticket_id: int
    customer: str
    handle: str
    via: str
    desk: Desk
    desks: tuple[Desk, ...]
    state: TicketState
    rule: Literal["all", "replies", "answer_only"]
    note_prefix: str = "//"
    clock: str = ""
    assignee: str = ""
    snoozed_until: str = ""
    blocked: bool = False
    rating: int | None = None
    rating_comment: str = ""
    earlier: tuple[tuple[int, str | None], ...] = ()
    menu: Menu = ""
    moved_to: str = ""
    moved_link: str | None = None
    tier: str = ""
    duty: RichText = field(default_factory=RichText)
    details: str = ""
    context: str = ""
    pings: bool = True
    via_link: str | None = None
    menus: bool = False


def press_data(ticket_id: int, action: str, argument: str = "") -> str:
    """The data of a card's button; short enough for every platform (64 bytes) with desk names up to 40 bytes."""
    return f"card:{ticket_id}:{action}:{argument}" if argument else f"card:{ticket_id}:{action}"


def card(view: CardView, locale: str) -> tuple[RichText, Buttons]:
    """The card's words and its buttons. What people typed in it pings nobody; who is on duty is mentioned."""
    if view.moved_to:
        line = plain(text(locale, "card.moved", desk=view.moved_to, number=view.ticket_id))
        return _quiet(view, _head(view) + plain("\n") + linked(line, view.moved_link)), ()
    lines = [_head(view), *_told(view, locale), plain(_state_line(view, locale))]
    if view.state != "closed":
        lines.append(plain(_rule(view, locale)))
    if view.earlier:
        lines.insert(len(lines) - (view.state != "closed"), _earlier(view.earlier, locale))
    if view.rating is not None:
        lines.append(
            plain(text(locale, "card.rating", rating=view.rating, comment=view.rating_comment).strip())
        )
    words = _quiet(view, joined_lines(lines))
    if view.duty and view.state == "agent" and not view.assignee:
        words = words + plain("\n" + text(locale, "card.duty") + " ") + view.duty
    return words, _buttons(view, locale)


def _quiet(view: CardView, words: RichText) -> RichText:
    return silence_mentions(words) if view.pings else words


def linked(words: RichText, link: str | None) -> RichText:
    """The words as a link to `link`, or as they are when there is none."""
    if not link or not words.text:
        return words
    return RichText(words.text, (*words.spans, Span("link", 0, len(words.text), link)))


def joined_lines(lines: Sequence[RichText]) -> RichText:
    """Lines one under another."""
    whole = lines[0] if lines else RichText()
    for line in lines[1:]:
        whole = whole + plain("\n") + line
    return whole


def _head(view: CardView) -> RichText:
    name = f"{view.desk.icon} {view.customer}".strip()
    details = [part for part in (view.handle, view.tier, view.via, f"#{view.ticket_id}") if part]
    bold = Span("bold", len(name) - len(view.customer), len(view.customer)) if view.customer else None
    head = RichText(f"{name} · " + " · ".join(details), (bold,) if bold else ())
    if not view.via_link:
        return head
    start = head.text.rindex(f"{view.via} · #{view.ticket_id}")
    return RichText(head.text, (*head.spans, Span("link", start, len(view.via), view.via_link)))


def _told(view: CardView, locale: str) -> list[RichText]:
    """What is known of the customer besides their name."""
    page = text(locale, "card.page", details=view.context) if view.context else ""
    return [plain(line) for line in (view.details, page) if line]


def _state_line(view: CardView, locale: str) -> str:
    state = text(locale, f"card.state.{view.state}", until=view.snoozed_until)
    who = (
        text(locale, "card.assignee", name=view.assignee)
        if view.assignee
        else text(locale, "card.unassigned")
    )
    parts = [view.desk.title, state]
    if view.state != "closed":
        parts += [who, view.clock] if view.clock else [who]
    if view.blocked:
        parts.append(text(locale, "card.blocked"))
    return " · ".join(parts)


def _rule(view: CardView, locale: str) -> str:
    """What goes to the customer from here."""
    if view.rule == "all":
        return text(locale, "card.rule.all", prefix=view.note_prefix)
    if view.rule == "replies":
        return text(locale, "card.rule.replies")
    return text(locale, "card.rule.answer_only")


def _earlier(earlier: tuple[tuple[int, str | None], ...], locale: str) -> RichText:
    line = plain(text(locale, "card.earlier") + " ")
    for index, (number, link) in enumerate(earlier):
        line = line + plain(", " if index else "") + linked(plain(f"#{number}"), link)
    return line


def _buttons(view: CardView, locale: str) -> Buttons:
    def button(key: str, action: str, argument: str = "") -> Button:
        return Button(text(locale, f"button.{key}"), press_data(view.ticket_id, action, argument))

    if view.state == "closed":
        return ((button("reopen", "reopen"),),)
    if view.menu == "move":
        return (*_rows(_desk_buttons(view), 2), (button("back", "back"),))
    spans = [
        Button(text(locale, f"button.snooze.{s}"), press_data(view.ticket_id, "snooze", s)) for s in SNOOZES
    ]
    if view.menu == "snooze":
        return (*_rows(spans, 2), (button("back", "back"),))
    first = button("release", "release") if view.assignee else button("take", "take")
    moves, snooze = _desk_buttons(view), button("snooze", "menu", "snooze")
    if len(view.desks) > _BUTTON_DESKS:
        menu = button("move", "menu", "move")
        moves = [replace(menu, options=tuple(moves))] if view.menus else [menu]
    if view.menus:
        snooze = replace(snooze, options=tuple(spans))
    last = (snooze, button("close", "close"))
    return ((first, button("ok", "ok")), *_rows(moves, 3), last)


def _desk_buttons(view: CardView) -> list[Button]:
    others = [desk for desk in view.desks if desk.name != view.desk.name]
    return [Button(f"{d.icon} {d.title}".strip(), press_data(view.ticket_id, "move", d.name)) for d in others]


def _rows(buttons: Sequence[Button], width: int) -> Buttons:
    return tuple(tuple(buttons[i : i + width]) for i in range(0, len(buttons), width))
