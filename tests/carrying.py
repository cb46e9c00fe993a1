"""A spool for messengers that are tried without the program."""

from __future__ import annotations

import tempfile
from pathlib import Path

from bot.messengers.contract import Carrier, FileSource
from bot.spool import Spool


class Carrying:
    """Carries what `open_file` opens; its folder goes when it does."""

    def __init__(self, open_file: FileSource, room: int = 2**30) -> None:
        self._folder = tempfile.TemporaryDirectory()
        self.folder = Path(self._folder.name)
        self.spool = Spool(self.folder, room, open_file)

    @property
    def carry(self) -> Carrier:
        return self.spool.carry
