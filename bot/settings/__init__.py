"""The settings: read, checked as a whole, and turned into what the rest of the program takes.

The only place that knows pydantic. Everything wrong is found in one go and told one line a fault.
"""

from __future__ import annotations

from bot.settings.faults import BadSettings
from bot.settings.root import NOT_YET_IN_FORCE, Settings, load
from bot.settings.sections import Log

__all__ = ["NOT_YET_IN_FORCE", "BadSettings", "Log", "Settings", "load"]
