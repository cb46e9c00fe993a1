"""The program's log: what happened and where, never what anybody wrote and never a secret.

Errors are logged by their type and the places in the code they went through. Their own words are left out: a
validation error quotes the message it stumbled over, a connection error the address with the token in it.
"""

from __future__ import annotations

import logging
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import orjson
import structlog

from domain.names import printable

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable, Iterable, Mapping

_TOKEN = re.compile(r"\b(?:bot)?\d{5,}:[A-Za-z0-9_-]{20,}|\bxox[a-z]-[A-Za-z0-9-]+|\bxapp-[A-Za-z0-9-]+")
_HIDDEN = "<hidden>"
_FRAMES = 12
_CHAIN = 4

Event = structlog.typing.EventDict


def configure(
    form: Literal["console", "json"] = "console",
    level: Literal["debug", "info", "warning", "error"] = "info",
    secrets: Iterable[str] = (),
    report: Callable[[BaseException, Mapping[str, Any]], None] | None = None,
) -> None:
    """Send everything that is logged, by Okno or by its libraries, to stderr in one form; errors to `report` too."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        *([] if report is None else [_reporting(report)]),
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        errors_without_words,
        Scrubber(secrets),
    ]
    render: Any = (
        structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
        if form == "console"
        else structlog.processors.JSONRenderer(serializer=_json)
    )
    threshold = getattr(logging, level.upper())
    structlog.configure(
        processors=[*shared, render],
        wrapper_class=structlog.make_filtering_bound_logger(threshold),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[_library_name, *shared],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, render],
        )
    )
    logging.basicConfig(level=max(threshold, logging.WARNING), handlers=[handler], force=True)


def watch(loop: asyncio.AbstractEventLoop) -> None:
    """Errors that nobody waits for are logged like all others."""
    log = structlog.get_logger()

    def on_error(_loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        error = context.get("exception")
        log.error("an error nobody waited for", exc_info=error if isinstance(error, BaseException) else None)

    loop.set_exception_handler(on_error)


def _reporting(report: Callable[[BaseException, Mapping[str, Any]], None]) -> Any:
    """A processor that hands errors on."""

    def process(_logger: object, _method: str, event: Event) -> Event:
        error = _error_of(event)
        if error is not None:
            report(error, event)
        return event

    return process


def _error_of(event: Event) -> BaseException | None:
    error = event.get("exc_info")
    if error is True:
        error = sys.exc_info()[1]
    elif isinstance(error, tuple):
        error = error[1]
    return error if isinstance(error, BaseException) else None


def errors_without_words(_logger: object, _method: str, event: Event) -> Event:
    """Replace an error by its type and where it came from."""
    error = _error_of(event)
    event.pop("exc_info", None)
    if error is not None:
        event["error"] = _chain(error)
    event.pop("exc_text", None)
    event.pop("stack_info", None)
    return event


class Scrubber:
    """Hides secrets wherever they stand in what is logged: those it was given, and what looks like a token."""

    def __init__(self, secrets: Iterable[str]) -> None:
        known = sorted({s for s in secrets if len(s) >= 6}, key=len, reverse=True)
        self._known = re.compile("|".join(map(re.escape, known))) if known else None

    def __call__(self, _logger: object, _method: str, event: Event) -> Event:
        """A processor of structlog."""
        return {key: self._clean(value) for key, value in event.items()}

    def _clean(self, value: Any) -> Any:
        if not isinstance(value, str):
            return value if isinstance(value, (int, float, bool, type(None))) else self._clean(str(value))
        if self._known is not None:
            value = self._known.sub(_HIDDEN, value)
        return printable(_TOKEN.sub(_HIDDEN, value))


def _library_name(logger: Any, _method: str, event: Event) -> Event:
    record = event.get("_record")
    event["library"] = record.name if record is not None else getattr(logger, "name", "")
    return event


def _chain(error: BaseException) -> str:
    """`ValueError at pump.py:10 (f) < pump.py:5 (g); from KeyError at …`, innermost frame first."""
    parts: list[str] = []
    current: BaseException | None = error
    while current is not None and len(parts) < _CHAIN:
        frames = []
        trace = current.__traceback__
        while trace is not None:
            code = trace.tb_frame.f_code
            frames.append(f"{Path(code.co_filename).name}:{trace.tb_lineno} ({code.co_name})")
            trace = trace.tb_next
        where = " < ".join(reversed(frames[-_FRAMES:]))
        parts.append(f"{type(current).__name__} at {where}" if where else type(current).__name__)
        current = current.__cause__ or (None if current.__suppress_context__ else current.__context__)
    return "; from ".join(parts)


def _json(event: Event, **_: object) -> str:
    return orjson.dumps(event).decode()
