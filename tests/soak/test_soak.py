"""A short soak; `make soak` runs longer ones."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.soak import mixed
from tests.soak.run import soak

pytestmark = pytest.mark.program


async def test_kills_lose_nothing_and_repeat_little(tmp_path: Path):
    report = await soak(tmp_path, seconds=8, seed=3, customers=6)
    assert not report.faults, report
    assert report.crashes >= 1
    assert report.verdict.written > 50


async def test_kills_between_all_messengers_lose_nothing_and_repeat_little(tmp_path: Path):
    report = await mixed.soak(tmp_path, seconds=10, seed=3, customers=6)
    assert not report.faults, report
    assert report.crashes >= 1
    assert report.verdict.written > 30
