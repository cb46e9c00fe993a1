"""Names as people chose them, beside what the program says."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.names import LONGEST, apart, printable, tidy


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
        ("\x1b[31mred\x1b]0;title\x07", "[31mred]0;title"),
        ("An\u200bna\ufeff\u00ad", "Anna"),
        ("Z\u0301\u0302\u0303\u0304\u0305\u0306algo", "Z\u0301\u0302\u0303algo"),
        ("\u200d" * 50 + "A" + "\u200d" * 50, "A"),
        ("\u2800" * 20, ""),
        ("\ue000\U000e0041x", "x"),
        ("", ""),
    ],
)
def test_a_name_stays_on_its_line_and_in_its_direction(chosen: str, shown: str) -> None:
    assert tidy(chosen) == shown


def test_a_name_is_shown_as_far_as_it_fits() -> None:
    assert len(tidy("N" * 300)) == LONGEST


def test_a_name_from_right_to_left_moves_nothing_beside_it() -> None:
    assert apart("Anna") == "Anna"
    assert apart("Анна 😀") == "Анна 😀"
    assert apart("\u05e9\u05dc\u05d5\u05dd") == "\u2068\u05e9\u05dc\u05d5\u05dd\u2069"


@given(st.text(max_size=400))
def test_whatever_is_chosen_fits_into_a_line(name: str) -> None:
    shown = tidy(name)
    assert tidy(shown) == shown
    assert len(shown) <= LONGEST
    assert "\n" not in shown
    assert not set(shown) & set(
        "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\x1b\x00\u200b"
    )


@given(st.text(st.characters(), max_size=200))
def test_a_terminal_gets_no_orders(line: str) -> None:
    shown = printable(line)
    assert not any(c < " " and c not in "\n\t" for c in shown)
    assert not set(shown) & set("\x7f\x9b\u202e\u2028")
    shown.encode()
