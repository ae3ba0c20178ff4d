"""Number formats: which of them show people another number than a cell holds, and which only other digits of it."""

from __future__ import annotations

import pytest

from sheetnet.styles import SHOWN_BY_COLOR, STYLES
from sheetnet.syntax.number_formats import could_mislead, shows_another

NUMBERS = (0.7311, 4.0, -4.0, 0.0)


@pytest.mark.parametrize("code", sorted({style.number for style in STYLES.values()} - {SHOWN_BY_COLOR}))
def test_no_look_of_our_own_misleads(code: str) -> None:
    """Every format that a generated workbook has, but that of pictures."""
    assert not could_mislead(code)


def test_only_what_is_a_picture_is_shown_by_its_color_alone() -> None:
    """Pixels and weights of Pictures: where an answer looks so, readers are told."""
    roles = {role for role, style in STYLES.items() if style.number == SHOWN_BY_COLOR}
    assert roles == {"pixel"}
    assert could_mislead(SHOWN_BY_COLOR)


@pytest.mark.parametrize(
    "code",
    [
        "",
        "General",
        "0",
        "0.00",
        "#,##0.000",
        "0.0%",
        "0.00E+00",
        "##0.0E+0",
        "# ?/?",
        "# ??/16",
        "@",
        '0.000" kg"',
        "[Blue]0.00",
        "[$€-407]#,##0.00",
        "0.00;-0.00",
        "0.00;(0.00)",
        "0.00;[Red]0.00",
        "0.00;-0.00;;@",
        "General;-General",
        '_(* #,##0.00_);_(* (#,##0.00);_(* "-"??_);_(@_)',
        '_-* #,##0.00\\ "€"_-;\\-* #,##0.00\\ "€"_-;_-* "-"??\\ "€"_-;_-@_-',
        "[>100]0;0.0000",
        "_70.0",
    ],
)
def test_other_digits_of_the_same_number_are_the_number(code: str) -> None:
    """Rounding, percent, fractions, currencies, colours, accounting, and zeros that are left out."""
    assert [shows_another(code, number) for number in NUMBERS] == [False] * 4


@pytest.mark.parametrize(
    "code",
    [
        '"0.7311"',
        '"right"',
        ";;;",
        '"";"";""',
        " ",
        '0"1"',
        "0.00\\9",
        '0".73"',
        "0.7311",
        "*70.0",
        "[$3]0.00",
        '0.0"²"',
        "0.0,",
        "0,,",
        "#,##0,",
        '0,"k"',
        "0.0%%",
        '0.00"%"',
        "d-mmm-yy",
        "[h]:mm",
    ],
)
def test_a_format_that_shows_another_number_misleads(code: str) -> None:
    """Digits as text, nothing at all, thousands left out, a percent sign as text, dates: whatever the number."""
    assert could_mislead(code)
    assert shows_another(code, 0.7311)
    assert shows_another(code, 4.0)


@pytest.mark.parametrize(
    ("code", "shown"),
    [
        ("0.00;0.00", [False, False, True, False]),
        ("-0.00;-0.00", [True, True, False, False]),
        ("[<0]0.00;0.00", [False, False, True, False]),
        ('[>1]"1";0.00', [False, True, False, False]),
        ('0.00;-0.00;"none"', [False, False, False, True]),
        ('0.00;"9"', [False, False, True, False]),
    ],
)
def test_each_section_is_for_its_numbers(code: str, shown: list[bool]) -> None:
    """A number is misled about only where its own section does so."""
    assert [shows_another(code, number) for number in NUMBERS] == shown


@pytest.mark.parametrize("code", ['"' * 300, ";" * 300, "[" * 300, "a;b;c;d;e;f", "\\", "*", "_", "[>]0", "\u202e0"])
def test_a_format_of_rubbish_is_read_to_its_end(code: str) -> None:
    """Whatever it means, it is decided."""
    assert shows_another(code, 1.0) in (True, False)
