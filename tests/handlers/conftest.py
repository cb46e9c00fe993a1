"""Every test of the handlers runs on both databases."""

from __future__ import annotations

import pytest

from tests.databases import Kind


@pytest.fixture(autouse=True)
def _on_both(database_kind: Kind) -> Kind:
    return database_kind
