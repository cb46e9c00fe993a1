"""Every test of the handlers runs on both databases."""

from __future__ import annotations

import pytest

from tests.databases import Choice, Kind, inside


@pytest.fixture(autouse=True)
def _on_both(database_kind: Kind) -> Kind:
    return database_kind


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    """On PostgreSQL the test as a whole is a unit: handlers are plain functions of its connection."""
    if Choice.kind == "sqlite":
        return None
    names = pyfuncitem._fixtureinfo.argnames
    inside().run(lambda: pyfuncitem.obj(**{name: pyfuncitem.funcargs[name] for name in names}))
    return True


@pytest.hookimpl(tryfirst=True)
def pytest_fixture_setup(fixturedef: pytest.FixtureDef[object], request: pytest.FixtureRequest) -> object:
    """So is an office that a fixture makes."""
    if fixturedef.argname != "office" or Choice.kind == "sqlite":
        return None
    given = {name: request.getfixturevalue(name) for name in fixturedef.argnames}
    made = inside().get(lambda: fixturedef.func(**given))
    fixturedef.cached_result = (made, 0, None)
    return made
