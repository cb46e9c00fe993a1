"""docs/fidelity.md says what is so: everything is tried again, and the page must come out the same."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.fidelity.page import PAGE, written
from tests.fidelity.run import FAILED, run

pytestmark = pytest.mark.program


async def test_everything_arrives_as_the_page_says(tmp_path: Path):
    found = await run(tmp_path)
    assert not [(*key, cell) for key, cell in found.items() if cell.startswith(FAILED)]
    assert PAGE.read_text(encoding="utf-8") == written(found), (
        "docs/fidelity.md is out of date: make fidelity"
    )
