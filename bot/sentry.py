"""Errors of the program told to a Sentry, where one is named: their types and places, never anybody's words.

Optional: `pip install sentry-sdk`, and `sentry.dsn` in the environment or the secrets directory.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from bot.settings import BadSettings

Report = Callable[[BaseException, Mapping[str, Any]], None]
"""Takes an error, and what the log's line says beside it."""

TAGS = ("messenger", "ticket", "unit", "where")
"""What of the log's line goes along."""

_KEPT = ("event_id", "timestamp", "level", "platform", "release", "environment")
_FRAME = ("filename", "function", "module", "lineno", "in_app")


def start(dsn: str, environment: str, release: str, **more: Any) -> Report:
    """Begin to report; `more` goes to the library as it is. Raises BadSettings when it isn't installed or not right."""
    try:
        import sentry_sdk
    except ImportError:
        raise BadSettings(["sentry.dsn: needs the package sentry-sdk; pip install sentry-sdk"]) from None
    try:
        sentry_sdk.init(
            dsn=dsn,
            environment=environment or None,
            release=release,
            default_integrations=False,
            auto_enabling_integrations=False,
            include_local_variables=False,
            include_source_context=False,
            max_breadcrumbs=0,
            shutdown_timeout=1,
            before_send=without_words,
            **more,
        )
    except sentry_sdk.utils.BadDsn:
        raise BadSettings(["sentry.dsn: not an address of a Sentry project; copy it from there"]) from None

    def report(error: BaseException, line: Mapping[str, Any]) -> None:
        with sentry_sdk.new_scope() as scope:
            for name in TAGS:
                if line.get(name) is not None:
                    scope.set_tag(name, str(line[name]))
            scope.capture_exception(error)

    return report


def without_words(event: Any, _hint: Any) -> Any:
    """Only what can hold no words of people: types and places of errors, and our tags."""
    told = {name: event[name] for name in _KEPT if name in event}
    told["tags"] = {name: value for name, value in (event.get("tags") or {}).items() if name in TAGS}
    told["exception"] = {
        "values": [
            {
                "type": each.get("type"),
                "module": each.get("module"),
                "stacktrace": {"frames": [_place(frame) for frame in _frames(each)]},
            }
            for each in (event.get("exception") or {}).get("values", ())
        ]
    }
    return told


def _frames(error: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return list((error.get("stacktrace") or {}).get("frames", ()))


def _place(frame: Mapping[str, Any]) -> dict[str, Any]:
    return {name: frame[name] for name in _FRAME if name in frame}
