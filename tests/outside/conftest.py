"""Every test here starts without settings, in a folder of its own."""

from __future__ import annotations

import os
from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def _no_settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in list(os.environ):
        if name.startswith("OKNO_"):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
