"""Where settings come from: the environment, then a secrets directory, then the settings file.

A key is `section.key`. In the environment it is `OKNO_<SECTION>__<KEY>`; in the secrets directory it is a file
named either way, whose text (without white space at the ends) is the value.
"""

from __future__ import annotations

import os
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource

if TYPE_CHECKING:
    from pydantic.fields import FieldInfo

PREFIX = "OKNO_"
FILE_VARIABLE = "OKNO_SETTINGS"
SECRETS_VARIABLE = "OKNO_SECRETS_DIR"
DEFAULT_FILE = "settings.toml"
CHECKOUT = Path(__file__).resolve().parents[2]

SECRETS = frozenset(
    {
        "telegram.token",
        "telegram.webhook_secret",
        "slack.bot_token",
        "slack.app_token",
        "slack.signing_secret",
        "pachca.token",
        "pachca.signing_secret",
        "web.identity_secret",
        "sentry.dsn",
    }
)
"""Keys that may not stand in a settings file and whose values are shown nowhere."""


class Unreadable(Exception):
    """A source can't be read at all; the text is one line for the terminal."""


class _Source(PydanticBaseSettingsSource):
    """A source that knows all its values at once."""

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        """Not asked: `__call__` gives everything, unknown keys too, so that none is overlooked."""
        raise NotImplementedError


class EnvironmentSource(_Source):
    """`OKNO_<SECTION>__<KEY>`; an empty variable counts as unset."""

    def __call__(self) -> dict[str, Any]:
        """The nested values of all variables."""
        nested: dict[str, Any] = {}
        for name in sorted(os.environ):
            if name.startswith(PREFIX) and name not in (FILE_VARIABLE, SECRETS_VARIABLE) and os.environ[name]:
                _put(nested, name[len(PREFIX) :].lower().split("__"), _read(os.environ[name]))
        return nested


class SecretsSource(_Source):
    """A directory with one file a key; files that are no keys of Okno's, and hidden ones, are left alone."""

    def __init__(self, settings_cls: type[BaseSettings]) -> None:
        super().__init__(settings_cls)
        self._sections = set(settings_cls.model_fields)

    def __call__(self) -> dict[str, Any]:
        """The nested values of all files."""
        folder = os.environ.get(SECRETS_VARIABLE)
        nested: dict[str, Any] = {}
        if not folder:
            return nested
        try:
            files = sorted(p for p in Path(folder).iterdir() if not p.name.startswith(".") and p.is_file())
            for file in files:
                if path := self._path(file.name):
                    _put(nested, path, _read(file.read_text(encoding="utf-8").strip()))
        except (OSError, UnicodeDecodeError) as error:
            raise Unreadable(f'{SECRETS_VARIABLE} = "{folder}": can\'t be read ({_why(error)})') from None
        return nested

    def _path(self, name: str) -> list[str] | None:
        if name.upper().startswith(PREFIX):
            return name[len(PREFIX) :].lower().split("__")
        path = name.split(".")
        return path if len(path) > 1 and path[0] in self._sections else None


class FileSource(_Source):
    """The settings file: `settings.toml` here, if there is one, or the one that OKNO_SETTINGS names."""

    def __call__(self) -> dict[str, Any]:
        """What the file says."""
        return read_file()


def settings_file() -> Path:
    """The settings file's path, whether it is there or not."""
    return Path(os.environ.get(FILE_VARIABLE) or DEFAULT_FILE)


def read_file() -> dict[str, Any]:
    """What the settings file says. Raises Unreadable when it is named and missing, or not TOML."""
    named, file = os.environ.get(FILE_VARIABLE), settings_file()
    if not named and not file.exists():
        return {}
    try:
        return tomllib.loads(file.read_text(encoding="utf-8-sig"))
    except (OSError, UnicodeDecodeError) as error:
        raise Unreadable(
            f'{FILE_VARIABLE} = "{file}": can\'t be read ({_why(error)}); name a readable file'
        ) from None
    except tomllib.TOMLDecodeError as error:
        raise Unreadable(f"{file}: not TOML: {error}") from None


def secrets_in_public() -> list[str]:
    """The secrets that stand in the repository's settings file, which must hold none."""
    if os.environ.get(FILE_VARIABLE) and settings_file().resolve() != CHECKOUT / DEFAULT_FILE:
        return []
    said = read_file()
    return [key for key in sorted(SECRETS) if _stands_in(said, key.split("."))]


def _stands_in(said: object, path: list[str]) -> bool:
    for part in path:
        if not isinstance(said, dict) or part not in said:
            return False
        said = said[part]
    return True


def variable(key: str) -> str:
    """The variable of the environment that sets `key`."""
    return PREFIX + key.replace(".", "__").upper()


def origin(key: str) -> str:
    """The variable of the environment that gives `key` or a part of it; empty when it comes from elsewhere."""
    name = variable(key)
    if os.environ.get(name):
        return name
    return next((n for n in sorted(os.environ) if n.startswith(name + "__") and os.environ[n]), "")


def _put(nested: dict[str, Any], path: list[str], value: object) -> None:
    """Set a nested value; of two that contradict each other the more detailed one stays."""
    for part in path[:-1]:
        inner = nested.get(part)
        if not isinstance(inner, dict):
            inner = nested[part] = {}
        nested = inner
    if not isinstance(nested.get(path[-1]), dict):
        nested[path[-1]] = value


def _read(written: str) -> object:
    """Lists and tables are written as JSON or as in the settings file; all else is text for the key's own type."""
    if written[:1] not in ("[", "{"):
        return written
    try:
        return orjson.loads(written)
    except orjson.JSONDecodeError:
        pass
    try:
        return tomllib.loads(f"value = {written}")["value"]
    except tomllib.TOMLDecodeError:
        return written


def _why(error: Exception) -> str:
    return (error.strerror or "unknown").lower() if isinstance(error, OSError) else "not UTF-8"
