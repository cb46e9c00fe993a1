"""Whose turn it is to be sent to: lanes take turns inside a chat, chats inside an account, urgent ones first.

Only decides; sends nothing and knows no clock but the time it is told (monotonic seconds). A lane belongs to one
place and has at most one request in flight. Nothing here waits for a lane that can't go.
"""

from __future__ import annotations

import heapq
import math
from collections import OrderedDict, deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from domain.requests import Request, Send
from domain.work import Priority, Work

if TYPE_CHECKING:
    import asyncio

    from bot.pacing import Pacer
    from domain.work import Lane as LaneName
    from storage.leases import Fence

STATE_SHARE = 10
"""One slot in so many goes to what places should show (cards, marks) when letters would take them all."""

CHAT_AT_ONCE = 16
ACCOUNT_AT_ONCE = 128
"""Requests in flight at most, so that a chat that hangs can't hold all of them."""


FILES_AT_ONCE = 4
"""Requests that bring files from one messenger to another, at most so many at once for an account."""


@dataclass(slots=True, eq=False)
class Lane:
    """One lane of one place, while it has something to do.

    `again`: something was offered that `work` may not show. `aged`: `work` was made before a wait.
    `crowded`: it waited because its chat's allowance was used up. `listened`: how often its messenger's word of whether
    the thread was made already has been waited for. `fence`: what it is sent under, where several processes send.
    """

    chat: Chat
    work: Work
    again: bool = False
    aged: bool = False
    crowded: bool = False
    listened: int = 0
    fence: Fence | None = None
    tries: int = 0
    errors: int = 0
    turn: int = 0
    slots: int = 1
    chat_wait: int = 0
    account_wait: int = 0

    @property
    def key(self) -> tuple[int, LaneName]:
        """Which lane it is."""
        return self.work.place_id, self.work.lane


class Porters:
    """Requests that bring files: a few at once, the others wait in order and hold no place in any window meanwhile.

    A file may take minutes; as many as there are windows' slots would hold up everybody.
    """

    def __init__(self, at_once: int = FILES_AT_ONCE) -> None:
        self._free = at_once
        self._waiting: deque[Lane] = deque()

    def begin(self, lane: Lane) -> bool:
        """Whether the lane's request may be made now; else `end` gives the lane when it may."""
        if self._free > 0:
            self._free -= 1
            return True
        self._waiting.append(lane)
        return False

    def end(self) -> Lane | None:
        """A request is over; gives the lane that has waited longest for that."""
        self._free += 1
        return self._waiting.popleft() if self._waiting else None


@dataclass(slots=True, eq=False)
class Chat:
    """The ready lanes of one chat, in turn."""

    id: int
    private: bool
    letters: list[tuple[int, int, Lane]] = field(default_factory=list)
    state: deque[Lane] = field(default_factory=deque)
    in_flight: int = 0
    lanes: int = 0
    letters_since_state: int = 0
    waits: int = 0
    queue: OrderedDict[Chat, None] | None = None
    timer: asyncio.TimerHandle | None = None

    @property
    def urgency(self) -> int | None:
        """How urgent its most urgent ready lane is; None without any."""
        if self.letters:
            return self.letters[0][0]
        return int(Priority.STATE) if self.state else None

    @property
    def next(self) -> Lane:
        """The lane whose turn it is; there must be one."""
        return self.state[0] if self._state_is_due else self.letters[0][2]

    def take(self) -> Lane:
        """Take the lane whose turn it is."""
        if self._state_is_due:
            self.letters_since_state = 0
            return self.state.popleft()
        if self.state:
            self.letters_since_state += 1
        return heapq.heappop(self.letters)[2]

    @property
    def _state_is_due(self) -> bool:
        return bool(self.state) and (not self.letters or self.letters_since_state >= STATE_SHARE - 1)


class Account:
    """The chats of one account, and which of them may be sent to now."""

    def __init__(self, pacer: Pacer) -> None:
        self.pacer = pacer
        self.in_flight = 0
        self._chats: dict[int, Chat] = {}
        self._queues: tuple[OrderedDict[Chat, None], ...] = tuple(OrderedDict() for _ in Priority)
        self._turn = 0
        self._waits = 0
        self._others_since_state = 0

    def lane(self, work: Work) -> Lane:
        """A new lane for the place that `work` is for."""
        chat = self._chats.get(work.chat_id)
        if chat is None:
            chat = self._chats[work.chat_id] = Chat(work.chat_id, work.private)
        chat.lanes += 1
        return Lane(chat, work)

    def has(self, chat_id: int) -> bool:
        """Whether any lane of the chat has something to do."""
        return chat_id in self._chats

    def drop(self, lane: Lane) -> None:
        """The lane has nothing more to do."""
        lane.chat.lanes -= 1
        if not lane.chat.lanes:
            self._chats.pop(lane.chat.id, None)

    def ready(self, lane: Lane, now: float) -> float | None:
        """The lane has something to send. When its chat must wait for time to pass: how long."""
        chat = lane.chat
        self._turn += 1
        lane.turn, lane.slots = self._turn, slots_of(lane.work.request)
        lane.chat_wait, lane.account_wait = chat.waits, self._waits
        if lane.work.lane == "state":
            chat.state.append(lane)
        else:
            heapq.heappush(chat.letters, (int(lane.work.priority), lane.turn, lane))
        return self.queue(chat, now)

    def queue(self, chat: Chat, now: float) -> float | None:
        """Put the chat where it belongs now. When it must wait for time to pass: how long."""
        urgency, delay = chat.urgency, 0.0
        target = None
        if urgency is not None and chat.in_flight < CHAT_AT_ONCE:
            delay = self.pacer.chat_delay(chat.id, chat.private, now, chat.next.slots)
            if delay > 0:
                chat.waits += 1
            else:
                target = self._queues[urgency]
        if target is not chat.queue:  # else it keeps its turn
            self._unqueue(chat)
            if target is not None:
                target[chat] = None
                chat.queue = target
        return delay if 0 < delay < math.inf else None

    def next(self, now: float) -> Lane | float:
        """Start the lane whose turn it is, or say how long nobody's is (infinite: until something changes).

        Whoever starts a lane queues its chat again.
        """
        if self.in_flight >= ACCOUNT_AT_ONCE:
            return math.inf
        if not any(self._queues):
            return math.inf
        queue = self._next_queue()
        chat = next(iter(queue))
        if (delay := self.pacer.total_delay(now, chat.next.slots)) > 0:
            self._waits += 1
            return delay
        state = self._queues[Priority.STATE]
        self._others_since_state = 0 if queue is state else self._others_since_state + bool(state)
        self._unqueue(chat)
        lane = chat.take()
        lane.crowded = lane.crowded or lane.chat_wait != chat.waits
        lane.aged = lane.aged or lane.crowded or lane.account_wait != self._waits
        chat.in_flight += 1
        self.in_flight += 1
        self.pacer.take(chat.id, lane.slots)
        return lane

    def answered(self, lane: Lane, now: float, *, used: bool) -> None:
        """The lane's request has come back; `used` is False when nothing was sent."""
        lane.chat.in_flight -= 1
        self.in_flight -= 1
        if used:
            self.pacer.answered(lane.chat.id, now, lane.slots)
        else:
            self.pacer.give_back(lane.chat.id, lane.slots)

    def _unqueue(self, chat: Chat) -> None:
        if chat.queue is not None:
            del chat.queue[chat]
            chat.queue = None

    def _next_queue(self) -> OrderedDict[Chat, None]:
        """The most urgent chats, first come first served; now and then those that only have state to show.

        Answers to customers wait for nobody's state.
        """
        state = self._queues[Priority.STATE]
        due = state and self._others_since_state >= STATE_SHARE - 1 and not self._queues[Priority.ANSWER]
        return state if due else next(queue for queue in self._queues if queue)


def slots_of(request: Request) -> int:
    """How many messages a request makes: platforms count the parts of an album one by one."""
    return len(request.contents) if isinstance(request, Send) else 1
