"""The program under watch: the clock is looked at where a message passes from one part to the next.

Wraps functions of the program in this process alone; a wrapper costs less than a microsecond.
"""

from __future__ import annotations

import atexit
import json
import sys
import time
from functools import wraps
from pathlib import Path
from typing import Any

_times: dict[str, float] = {}
_passed: list[dict[str, float]] = []


def _note(stage: str, before: str) -> None:
    """The message under way has passed a stage: counts once, and only after the stage before it."""
    if stage not in _times and before in _times:
        _times[stage] = time.perf_counter()
        if stage == "sent":
            _passed.append(dict(_times))


def _note_when(owner: Any, function: str, stage: str, before: str, *, ended: bool = False) -> None:
    """Note the stage when the function is called, or has ended."""
    usual = getattr(owner, function)

    @wraps(usual)
    def noting(*args: Any, **kwargs: Any) -> Any:
        if ended:
            result = usual(*args, **kwargs)
            _note(stage, before)
            return result
        _note(stage, before)
        return usual(*args, **kwargs)

    setattr(owner, function, noting)


def _watch_for_updates(protocol: Any) -> None:
    """The first bytes of an answer that brings updates begin a new message's road."""
    usual = protocol.data_received

    @wraps(usual)
    def hearing(self: Any, data: bytes) -> None:
        if b'"update_id"' in data[:600]:
            _times.clear()
            _times["heard"] = time.perf_counter()
        usual(self, data)

    protocol.data_received = hearing


def _watch_for_the_call(protocol: Any) -> None:
    """The message's road ends when the call is in the socket's hands."""
    usual = protocol.ask

    class Noting:
        """The connection's transport, whose `write` is noted."""

        def __init__(self, transport: Any) -> None:
            self._transport = transport

        def __getattr__(self, name: str) -> Any:
            return getattr(self._transport, name)

        def write(self, data: bytes) -> None:
            self._transport.write(data)
            _note("sent", "called")

    def asking(self: Any, *given: Any) -> Any:
        if not isinstance(self._transport, Noting):
            self._transport = Noting(self._transport)
        return usual(self, *given)

    protocol.ask = asking


def watch() -> None:
    """Put the watch in place."""
    from bot.delivery import Delivery
    from bot.messengers.telegram import connections, ids
    from bot.messengers.telegram.wire import Wire
    from storage import writer

    _watch_for_updates(connections.Connection)
    _note_when(ids, "raw_events", "received", "heard")
    _note_when(writer.Writer, "submit", "read", "received")
    _note_when(writer, "_roll_back", "begun", "read")
    _note_when(writer, "_still_open", "handled", "begun")
    _note_when(writer, "_commit", "committed", "handled", ended=True)
    _note_when(Delivery, "take", "offered", "committed")
    _note_when(Wire, "_post", "called", "offered")
    _watch_for_the_call(connections.Connection)


def run(file: Path) -> None:
    """Run the program under watch; what was noted goes into the file at its end."""
    watch()
    atexit.register(lambda: file.write_text(json.dumps(_passed)))
    from bot.__main__ import main

    sys.argv = ["okno", "run"]
    main()
