"""Names as people chose them, beside what the program says."""

import pytest

from domain.names import LONGEST, tidy


@pytest.mark.parametrize(
    ("chosen", "shown"),
    [
        ("Anna  K", "Anna K"),
        ("two\n\nlines\u2028three", "two lines three"),
        ("\u202eevil\u202c", "evil"),
        ("\u05e9\u05dc\u05d5\u05dd", "\u05e9\u05dc\u05d5\u05dd"),
        ("\U0001f468\u200d\U0001f4bb", "\U0001f468\u200d\U0001f4bb"),
        ("@channel <b>", "@channel <b>"),
        ("\u200b \u3164", ""),
        ("", ""),
    ],
)
def test_a_name_stays_on_its_line_and_in_its_direction(chosen: str, shown: str) -> None:
    assert tidy(chosen) == shown


def test_a_name_is_shown_as_far_as_it_fits() -> None:
    assert len(tidy("N" * 300)) == LONGEST
