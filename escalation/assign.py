"""To whom a ticket goes, and whom the thread's words mention. Pure functions of who is on duty."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from domain.policy import Assign


def assignee(
    assign: Assign,
    on_duty: Sequence[str],
    open_tickets: Mapping[str, int],
    passed: Collection[str] = (),
) -> str | None:
    """Who gets a ticket; None leaves it as it is.

    `queue`: nobody, whoever takes it has it. `duty`: the first who is on duty. `even`: who of those has the fewest
    open tickets; of equals, the first. `passed`: who had this ticket already and did not answer in time; when
    nobody else is on duty, it stays where it is.
    """
    asked = [agent for agent in on_duty if agent not in passed]
    if assign == "queue" or not asked:
        return None
    if assign == "duty":
        return asked[0]
    return min(asked, key=lambda agent: open_tickets.get(agent, 0))


def mentioned(holder: str | None, on_duty: Sequence[str], *, rota_in_use: bool) -> tuple[str, ...]:
    """Whom a new ticket or a reminder mentions: who has it, unless the rota knows better.

    With a rota: who has it when on duty, else those who are; in a gap who has it all the same.
    """
    if holder is not None and (not rota_in_use or holder in on_duty or not on_duty):
        return (holder,)
    return tuple(on_duty)
