"""What the staff page reads of tickets: a second, read-only door. The messenger itself knows nothing of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Filter = Literal["mine", "unanswered", "snoozed"]
FILTERS: tuple[Filter, ...] = ("mine", "unanswered", "snoozed")


@dataclass(frozen=True, slots=True)
class TicketFacts:
    """A thread's ticket as the list shows it. Times in milliseconds; `due` is there while the clock runs."""

    state: Literal["agent", "customer", "snoozed", "closed"]
    assignee: str = ""
    assignee_name: str = ""
    due: int | None = None
    late: bool = False
    until: int | None = None


class Tickets(Protocol):
    """The tickets whose threads are in a chat of this messenger."""

    async def facts(self, chat: str, threads: Sequence[int]) -> Mapping[int, TicketFacts]:
        """Of these threads, those that are a ticket's place now."""
        ...

    async def threads(self, chat: str, which: Filter, person: str, limit: int) -> Sequence[int]:
        """The threads of open tickets that are so, the longest waiting first; `mine` are the person's."""
        ...


class NoTickets:
    """Where nobody tells of any."""

    async def facts(self, chat: str, threads: Sequence[int]) -> Mapping[int, TicketFacts]:  # noqa: ARG002
        """None."""
        return {}

    async def threads(self, chat: str, which: Filter, person: str, limit: int) -> Sequence[int]:  # noqa: ARG002
        """None."""
        return []
