"""Units of work side by side in one transaction on one connection: what they ask is sent together, one commit serves all.

Each unit is a greenlet that gives way to the others while its statement is under way. Units that say first which tickets
they are about (`first`, `hold`) run side by side; two about one ticket run one after the other, as its row's lock would
have them do in transactions of their own. All others have the transaction to themselves while they run.
"""

from __future__ import annotations

import contextlib
from collections import deque
from typing import TYPE_CHECKING, Any

from greenlet import GreenletExit, getcurrent, greenlet
from psycopg import Error
from sqlalchemy import event

from storage import others
from storage.lasting import GENERATION, Lasting, UnitMemory
from storage.pipeline import answered
from storage.query import DRIVER, MEMORY
from storage.sessions import sqlstate, storage_trouble
from storage.trouble import DatabaseBusy, InTheWay
from storage.units import Failed, Outcome, Posted, Task, Unit, collision

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from storage.pipeline import Answer, Pipeline
    from storage.query import Memory
    from storage.units import Key

_FOR_UPDATE = " FOR UPDATE"
_ABORTED = "25P02"

_CHUNK = 12
"""So many statements go to the server at once: it works on them while the units go on that have their answers."""


class SideBySide:
    """Runs groups on one connection, in one thread; to the units it is the driver of their connection.

    `patient`: units wait for what others have locked; else they raise InTheWay where they would have to.
    """

    def __init__(self, pipeline: Pipeline, *, patient: bool) -> None:
        self.patient = patient
        self._pipeline = pipeline
        self._conn = pipeline.connection
        self._own = self._conn.__dict__
        self._lasting = Lasting()
        self._others = others.Others()
        self.generation: str | None = None
        self.shared: Memory | None = None
        self._memories: list[UnitMemory] = []
        self._locks: dict[str, str] = {}
        self._own[DRIVER] = self
        event.listen(self._conn, "before_cursor_execute", self._past_query)
        self._begin()

    def _begin(self) -> None:
        self.begun = False
        self._tasks: set[Task] = set()
        # what is to be answered: who asked, or what we asked ourselves; and how much of it the server has already
        self._under_way: deque[Task | Posted | str] = deque()
        self._pushed = 0
        self._looks = False
        self._first: list[tuple[Task, Answer | Error]] = []
        self._unhurried: deque[Task] = deque()  # they wait until they are the only ones
        self._apart: deque[Task] = deque()  # they wait until nothing is under way
        self._blocked: list[tuple[Task, set[Key]]] = []
        self._holders: dict[Key, Task] = {}
        self._put_off: list[Unit] = []
        self._task: Task | None = None
        self._alone: Task | None = None

    # ── what the thread asks ──

    def run(self, units: list[Unit], more: Callable[[int], Unit | None]) -> Outcome:
        """Run the units, and those that `more` gives meanwhile (told how many there are), in one transaction.

        Raises nothing: when the storage fails, all are over with DatabaseBusy.
        """
        self._hub = getcurrent()
        try:
            self._ask("BEGIN")
            self._work(units, deque(units), more)
            self._commit()
        except BaseException as error:  # noqa: BLE001 (every error goes to a unit's caller)
            return self._undone(units, error)
        put_off = set(self._put_off)
        outcome = Outcome([unit for unit in units if unit not in put_off], put_off=self._put_off)
        self._begin()
        return outcome

    def _work(self, units: list[Unit], waiting: deque[Unit], more: Callable[[int], Unit | None]) -> None:
        while True:
            while not (self._alone or self._unhurried) and len(self._under_way) - self._pushed < _CHUNK:
                if waiting:
                    self._start(waiting.popleft())
                elif (unit := more(len(units))) is not None:
                    units.append(unit)
                    self._start(unit)
                else:
                    break
            if self._under_way:
                self._go_on()
            elif self._apart:
                self._resume(self._apart.popleft(), None)
            elif self._unhurried:
                self._alone = self._unhurried.popleft()
                self._resume(self._alone, None)
            elif self._blocked:
                raise Failed(self._blocked[-1][0].unit, InTheWay("units wait for each other"))
            elif not waiting:
                return

    def _go_on(self) -> None:
        """Let the server have what has gathered, and hand its next answer to whoever asked."""
        if not self._pushed or len(self._under_way) - self._pushed >= _CHUNK:
            if self._looks:
                self._looks = False
                self._ask(others.LOOK)
            self._pipeline.push()
            self._pushed = len(self._under_way)
        asked, answer = self._under_way.popleft(), self._pipeline.receive()
        self._pushed -= 1
        if isinstance(asked, str):
            self._told(asked, answered(answer))
        elif isinstance(asked, Posted):
            self._delivered(asked, answer)
        elif asked.first and not isinstance(answer, Error):
            asked.first = False
            self._first.append((asked, answer))  # it goes on once we know of the others
        else:
            self._resume(asked, answer)

    def _ask(self, sql: str) -> None:
        self._pipeline.send(sql)
        self._under_way.append(sql)

    def _told(self, sql: str, answer: Answer) -> None:
        """What we asked ourselves, between the units' statements."""
        if sql == others.LOOK:
            self.generation, snapshot, own = answer.fetchone()
            self._others.ours(own)
            self.shared = self._others.memory if self._others.seen(snapshot) and not self.patient else None
            waiting, self._first = self._first, []
            for task, first in waiting:
                self._resume(task, first)
        elif sql == others.OWN:
            self._others.ours(answer.fetchone()[0])
        elif sql == "BEGIN":
            self.begun = True
        elif sql == "COMMIT" and answer.said != b"COMMIT":
            raise DatabaseBusy("the transaction was ended by an error inside it")

    def _delivered(self, posted: Posted, answer: Answer | Error) -> None:
        """What nobody waited for has happened, or undoes all."""
        if isinstance(answer, Error):
            raise Failed(posted.unit, answer)
        if posted.otherwise is not None and not answer.fetchall():
            raise Failed(posted.unit, posted.otherwise)
        if posted.inserts:  # what was read meanwhile, before it
            self._others.memory.inserted(posted.inserts)

    def _start(self, unit: Unit) -> None:
        if not self._memories:
            self._memories.append(UnitMemory(self, self._lasting, self._others.memory))
        memory = self._memories.pop()
        memory.begin()
        task = Task(unit, memory, greenlet(self._body))
        self._tasks.add(task)
        self._resume(task, task)

    def _body(self, task: Task) -> None:
        try:
            task.unit.result = task.unit.run(self._conn)
        except GreenletExit:
            raise
        except BaseException as error:  # noqa: BLE001 (it goes to the unit's caller)
            task.error = error

    def _resume(self, task: Task, told: Any) -> None:
        """Let the unit go on until it asks the next thing."""
        self._task = task
        self._own[MEMORY] = task.memory
        task.greenlet.switch(told)
        if task.greenlet.dead:
            self._ended(task)

    def _ended(self, task: Task) -> None:
        if isinstance(task.error, InTheWay) and task.asked == 1:
            self._put_off.append(task.unit)  # it has done nothing yet
        elif task.error is not None:
            raise Failed(task.unit, task.error)
        self._tasks.discard(task)
        self._memories.append(task.memory)
        if self._alone is task:
            self._alone = None
        for key in task.holds:
            del self._holders[key]
        if task.holds and self._blocked:
            waiting, self._blocked = self._blocked, []
            for blocked, keys in waiting:
                if self._free(blocked, keys):
                    self._resume(blocked, None)
                else:
                    self._blocked.append((blocked, keys))

    def _commit(self) -> None:
        self._ask(others.OWN)
        self._ask("COMMIT")
        while self._under_way:
            self._go_on()
        self._pipeline.calm()
        self._tidy()

    def _tidy(self) -> None:
        if self._conn.in_transaction():  # what SQLAlchemy believes to be open since a unit used it
            self._conn.rollback()

    def _undone(self, units: list[Unit], error: BaseException) -> Outcome:
        """Nothing of the group has happened: whose fault it was runs alone, the others once more."""
        begun = self.begun
        self._roll_back()
        cause = error.error if isinstance(error, Failed) else error
        if sqlstate(cause) == _ABORTED:
            cause = DatabaseBusy("the transaction was ended by an error inside it")
        ours = isinstance(cause, DatabaseBusy) and self._pipeline.usable
        trouble = None if ours else storage_trouble(cause)
        outcome = Outcome()
        for unit in units:
            unit.result = None
        if trouble is not None or not self._pipeline.usable:
            self._pipeline.close()  # the next one may reach a server that is better off
            for unit in units:
                unit.error = trouble or DatabaseBusy(str(cause))
            outcome.over, outcome.begun = units, begun
        elif len(units) == 1 and (self.patient or not collision(cause)):
            units[0].error = cause
            outcome.over = units
        elif isinstance(error, Failed):
            outcome.alone = [error.unit]
            outcome.again = [unit for unit in units if unit is not error.unit]
        else:
            outcome.alone = units
        return outcome

    def _roll_back(self) -> None:
        tasks = self._tasks
        self._begin()
        for task in tasks:
            if not task.greenlet.dead:
                with contextlib.suppress(BaseException):
                    task.greenlet.throw(GreenletExit)
        self._lasting.forget()
        self._others.forget()
        try:
            self._pipeline.drain()
            self._pipeline.ask("ROLLBACK")
            self._tidy()
        except Exception:  # noqa: BLE001 (the first error is the one to tell)
            self._pipeline.close()

    # ── what units ask, each in its greenlet ──

    def execute(self, sql: str, values: Sequence[Any]) -> Answer:
        """Run one statement."""
        task = self._turn()
        answer = self._asked(task, sql, values)
        if task.shares and (table := self._locks.get(sql) or self._locked_by(sql)) != "-":
            self._add(task, {(table, row[0]) for row in answer.fetchall()})
        return answer

    def post(self, sql: str, values: Sequence[Any], inserts: str) -> None:
        """Insert into a table without waiting; an error undoes the unit."""
        self._post(Posted(self._turn().unit, inserts), sql, values)
        self._running.memory.inserted(inserts)

    def expect(self, sql: str, values: Sequence[Any], otherwise: Exception) -> None:
        """Find something without waiting; a unit for which there is nothing has failed with this error."""
        self._post(Posted(self._turn().unit, otherwise=otherwise), sql, values)

    def first(self, sql: str, values: Sequence[Any]) -> Answer:
        """Run a unit's first statement, which locks the tickets that the unit is about; `hold` is to follow."""
        task = self._running
        task.shares = task.shares or not task.asked
        self._turn()
        task.first = self._looks = True
        return self._asked(task, sql, values)

    def hold(self, tickets: Iterable[int]) -> None:
        """Wait until no other unit is about these tickets."""
        task, keys = self._running, {("tickets", number) for number in tickets}
        if not task.shares:
            return
        waits = not self._free(task, keys)
        if waits:
            self._blocked.append((task, keys))
            self._give_way()
        self._add(task, keys)
        if waits:  # whoever had them may have changed what lasts
            self.generation = self._asked(task, f"SELECT {GENERATION}", ()).fetchone()[0]

    @property
    def _running(self) -> Task:
        if self._task is None:
            raise DatabaseBusy("the transaction is over")
        return self._task

    def _turn(self) -> Task:
        """The unit that runs, once it may ask."""
        task = self._running
        if not task.shares and self._alone is not task:
            self._only(task)
        return task

    def _post(self, posted: Posted, sql: str, values: Sequence[Any]) -> None:
        self._running.asked += 1
        self._pipeline.send(sql, values)
        self._under_way.append(posted)

    def _asked(self, task: Task, sql: str, values: Sequence[Any]) -> Answer:
        task.asked += 1
        self._pipeline.send(sql, values)
        self._under_way.append(task)
        return answered(self._give_way())

    def _give_way(self) -> Any:
        return self._hub.switch()

    def _only(self, task: Task) -> None:
        """Wait until no other unit runs."""
        if len(self._tasks) > 1:
            self._unhurried.append(task)
            self._give_way()
        self._alone = task

    def _free(self, task: Task, keys: Iterable[Key]) -> bool:
        return all(self._holders.get(key, task) is task for key in keys)

    def _add(self, task: Task, keys: set[Key]) -> None:
        """The unit has locked these rows. One that another unit has in hand tears the group apart: each waits alone."""
        if not self._free(task, keys):
            raise InTheWay("another unit has this in hand")
        for key in keys - task.holds:
            self._holders[key] = task
        task.holds |= keys

    def _locked_by(self, sql: str) -> str:
        """The table whose rows the statement locks; a dash when it locks none."""
        locks = _FOR_UPDATE in sql and sql.startswith("SELECT ")
        self._locks[sql] = sql[len("SELECT ") : sql.index(".")] if locks else "-"
        return self._locks[sql]

    def _past_query(self, _conn: object, _cursor: object, statement: str, *_: object) -> None:
        """SQLAlchemy uses the connection itself: nothing else may be under way."""
        task = self._task
        if task is None:
            return
        self._turn()
        task.asked += 1
        task.memory.past_query(statement)
        while self._under_way:
            self._apart.append(task)
            self._give_way()
        self._pipeline.rest()
