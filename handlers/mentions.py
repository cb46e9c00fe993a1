"""Naming colleagues so that their messenger tells them; the text of people never does."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from domain.policy import Address
from domain.richtext import RichText, Span, plain
from storage import people

if TYPE_CHECKING:
    from storage import Connection
    from storage.query import Row


def of_addresses(conn: Connection, place: Row, addresses: Iterable[Address]) -> RichText:
    """The names of these people, mentioned where they use the messenger of the place."""
    whole = RichText()
    for address in addresses:
        person = people.find(conn, address.messenger, address.native)
        name = person.name if person is not None and person.name else address.native
        here = address.messenger == place.messenger
        one = RichText(name, (Span("mention", 0, len(name), address.native),)) if here else plain(name)
        whole = whole + plain(", ") + one if whole else one
    return whole


def address_of(person: Row) -> str:
    """A person's address as the settings write it."""
    return f"{person.messenger}:{person.native}"
