from typing import Any

import pytest

from core.stats.coefficients import COEFFICIENTS, Needs


@pytest.mark.parametrize("row", COEFFICIENTS.values(), ids=list(COEFFICIENTS))
def test_every_row_says_what_it_is_and_has_a_function(row: Any) -> None:
    assert row.definition.endswith(".")
    assert row.formula
    assert any(character.isdigit() for character in row.source)
    assert sum(function is not None for function in (row.on_counts, row.on_pairs, row.on_complete)) == 1
    assert row.needs_identities or row.on_pairs is None
    assert row.on_numbers is None or row.needs in (Needs.OPTIONS, Needs.ORDER)


def test_titles_are_all_different() -> None:
    assert len({row.title for row in COEFFICIENTS.values()}) == len(COEFFICIENTS)
