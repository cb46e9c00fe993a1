"""The command `okno`, also as `python -m bot`."""

from __future__ import annotations


def main() -> None:
    """Run the command line."""
    from bot.commands import commands

    commands(prog_name="okno")


if __name__ == "__main__":
    main()
