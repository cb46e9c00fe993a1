"""What all tests share: the databases they run on."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import settings
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

from tests import postgres
from tests.databases import KINDS, Choice, Kind

_LONG = ("browser", "fidelity", "sharing", "soak", "program")
"""Folders whose tests mostly wait, the longest first."""

# where nobody looks into a new find, the examples are the same each time; everywhere else new ones are tried
settings.register_profile("ci", derandomize=True)
if os.environ.get("CI"):
    settings.load_profile("ci")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--databases",
        default=",".join(KINDS),
        help="on which databases tests of what is stored run: sqlite, postgresql, or both (default)",
    )


def pytest_sessionstart(session: pytest.Session) -> None:
    """Where tests are handed to workers, these share one server."""
    config = session.config
    hands_out = getattr(config.option, "dist", "no") != "no" and not hasattr(config, "workerinput")
    if hands_out and "postgresql" in config.getoption("--databases"):
        with suppress(RuntimeError):  # it isn't installed: tests that need it say so
            postgres.share()


def pytest_sessionfinish() -> None:
    postgres.clean()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Long tests first, so that none is left at the end."""
    items.sort(
        key=lambda item: _LONG.index(folder) if (folder := _folder(item.nodeid)) in _LONG else len(_LONG)
    )


def _folder(nodeid: str) -> str:
    return nodeid.removeprefix("tests/").partition("/")[0]


class Handing(LoadScopeScheduling):  # type: ignore[misc]  # xdist has no types
    """Each worker is given the next test when it has done one; but those of browsers go to one, which starts one."""

    def _split_scope(self, nodeid: str) -> str:
        return "browser" if _folder(nodeid) == "browser" else nodeid


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> Handing | None:
    return Handing(config, log) if config.getvalue("dist") == "load" else None


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "database_kind" in metafunc.fixturenames:
        chosen = metafunc.config.getoption("--databases").split(",")
        metafunc.parametrize("database_kind", [k for k in KINDS if k in chosen], indirect=True)


@pytest.fixture
def database_kind(request: pytest.FixtureRequest) -> Kind:
    """The kind of database that this run of the test is on."""
    Choice.kind = request.param
    return Choice.kind


@pytest.fixture
def database_url(database_kind: Kind, tmp_path: Path) -> str:
    """An empty database of that kind, as the settings name it; on SQLite the file isn't there yet."""
    if database_kind == "sqlite":
        return f"sqlite+aiosqlite:///{tmp_path / 'okno.db'}"
    return postgres.written(postgres.empty_database())


@pytest.fixture(autouse=True)
def _on_sqlite_unless_told(request: pytest.FixtureRequest) -> None:
    if "database_kind" not in request.fixturenames:
        Choice.kind = "sqlite"
