"""Places keep order, and nothing is lost, under any interleaving of sends, failures, edits, moves and restarts."""

from __future__ import annotations

import re
from collections.abc import Callable

from hypothesis import given, settings
from hypothesis import strategies as st

from domain.requests import Refused
from tests.handlers.office import Office

CUSTOMERS = ("anna", "boris")
DESK_NAMES = ("howto", "bugs")

actions = st.lists(
    st.one_of(
        st.tuples(st.just("write"), st.sampled_from(CUSTOMERS)),
        st.tuples(st.just("answer"), st.sampled_from(CUSTOMERS)),
        st.tuples(st.just("edit"), st.sampled_from(CUSTOMERS)),
        st.tuples(st.just("move"), st.sampled_from(CUSTOMERS), st.sampled_from(DESK_NAMES)),
        st.tuples(st.just("send"), st.integers(0, 5)),
        st.tuples(st.just("lose thread"), st.integers(0, 5)),
        st.tuples(st.just("join")),
        st.tuples(st.just("crash")),
    ),
    max_size=60,
)


class Story:
    """What people did, and what must be seen in the end."""

    def __init__(self, *, threaded: bool) -> None:
        self.office = Office(threaded=threaded)
        self.office.hold = True
        self.written: dict[str, list[str]] = {name: [] for name in CUSTOMERS}
        self.answered: dict[str, list[str]] = {name: [] for name in CUSTOMERS}
        self.last_ref: dict[str, str] = {}
        self.count = 0
        for name in CUSTOMERS:
            self.write(name)
        self.office.drain()

    def word(self) -> str:
        self.count += 1
        return f"w{self.count:03}."

    def write(self, name: str) -> None:
        word = self.word()
        self.last_ref[name] = self.office.writes(name, word)
        self.written[name].append(word)

    def answer(self, name: str) -> None:
        """An agent answers by `/answer` from wherever the ticket is now."""
        from storage import chats, people, places, tickets

        found = chats.find(self.office.conn, "m", "bot", name)
        assert found is not None
        customer = people.customer_of(self.office.conn, found.id)
        assert customer is not None
        ticket = tickets.of_customer(self.office.conn, customer.id)[0]
        place = places.by_id(self.office.conn, ticket.desk_place_id)
        if place.state != "open":
            return
        word = self.word()
        desk = self.office.policy.desks[int(place.native.lstrip("-")) - 1].name
        thread = place.root if self.office.threaded else None
        reply = None if self.office.threaded else place.card_ref
        self.office.says("ivan", desk, f"/answer {word}", thread, reply_to=reply)
        self.answered[name].append(word)

    def edit(self, name: str) -> None:
        self.office.edits(name, self.last_ref[name], f"{self.written[name][-1]} again")

    def move(self, name: str, desk: str) -> None:
        word = self.word()
        self.last_ref[name] = self.office.writes(name, f"/{'bug' if desk == 'bugs' else 'howto'} {word}")
        self.written[name].append(word)

    def send(self, index: int) -> None:
        keys = list(self.office.pending)
        if keys:
            self.office.step(keys[index % len(keys)])

    def lose_thread(self, index: int) -> None:
        keys = [
            k
            for k, w in self.office.pending.items()
            if getattr(w.request, "thread", None) and k[1] == "letters"
        ]
        if keys:
            key = keys[index % len(keys)]
            gone = self.office.pending[key].request.thread  # type: ignore[union-attr]
            self.office.outcomes = lambda w: (
                Refused("thread", "refused.thread_gone")
                if getattr(w.request, "thread", None) == gone
                else None
            )
            self.office.step(key)
            self.office.outcomes = lambda _: None

    def join(self) -> None:
        self.office.joins()

    def crash(self) -> None:
        hold, self.office.hold = self.office.hold, True
        self.office.pending.clear()
        from handlers import letters

        for work in letters.waiting(self.office.conn, self.office.policy):
            self.office.pending[work.place_id, work.lane] = work
        self.office.hold = hold


def seen(office: Office, natives: list[str], name: str) -> list[str]:
    """The words of one customer in the order in which staff saw each for the first time."""
    found: list[str] = []
    for native in natives:
        for message in office.screens.get(native, office.screen(native)).messages:
            found += re.findall(r"w\d{3}\.", message.text)
    return list(dict.fromkeys(found))


@settings(max_examples=120, deadline=None)
@given(actions, st.booleans())
def test_nothing_is_lost_and_order_holds(steps: list[tuple[object, ...]], threaded: bool):
    story = Story(threaded=threaded)
    for name, *arguments in steps:
        do: Callable[..., None] = getattr(story, str(name).replace(" ", "_"))
        do(*arguments)
    story.office.drain()
    for customer in CUSTOMERS:
        answers = re.findall(r"w\d{3}\.", " ".join(story.office.screen(customer).texts()))
        assert answers == story.answered[customer]
        for native in ("-1", "-2"):
            in_desk = seen(story.office, [native], customer)
            theirs = [w for w in in_desk if w in story.written[customer]]
            assert theirs == sorted(theirs), native
        everywhere = seen(story.office, ["-1", "-2"], customer)
        assert set(story.written[customer]) <= set(everywhere)
