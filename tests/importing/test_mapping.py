from pathlib import Path

import pytest

from core.errors import BadInput, FileProblem
from core.importing.mapping import parse_mapping, read_mapping, read_mapping_file, write_mapping
from core.scales import ScaleKind, likert, preference

MAPPINGS = Path(__file__).resolve().parents[2] / "data" / "mappings"

SMALL = """
version = 1
[files.ratings]
[[content]]
file = "ratings"
item = { id = "{id}", text = "{question}" }
[[criteria]]
key = "quality"
applies_to = "item"
scale = { preset = "likert", low = 1, high = 5 }
[[ratings]]
file = "ratings"
shape = "columns"
criterion = "quality"
columns = ["ann", "bob"]
"""


@pytest.mark.parametrize("path", sorted(MAPPINGS.glob("*.toml")), ids=lambda path: path.stem)
def test_every_mapping_that_comes_along_is_read_and_written_unchanged(path: Path) -> None:
    mapping = read_mapping_file(path)
    assert read_mapping(write_mapping(mapping)) == mapping


def test_an_unknown_entry_is_refused_with_its_place() -> None:
    with pytest.raises(BadInput) as caught:
        read_mapping(SMALL.replace('shape = "columns"', 'shape = "columns"\nraters = "x"'), name="m.toml")
    assert caught.value.where == "m.toml, ratings[0].raters"
    assert caught.value.expected == "no such entry"


def test_a_missing_entry_is_named() -> None:
    with pytest.raises(BadInput) as caught:
        read_mapping(SMALL.replace('file = "ratings"\nshape', "shape"))
    assert (caught.value.where, caught.value.found) == ("mapping.toml, ratings[0].file", "nothing")


def test_broken_toml_is_refused_with_line_and_column() -> None:
    with pytest.raises(FileProblem, match="line 2"):
        read_mapping("version = 1\nname = oops\n", name="m.toml")


def test_a_part_that_no_file_plays_is_refused() -> None:
    with pytest.raises(BadInput, match=r"no \[files.votes\]"):
        read_mapping(SMALL.replace('file = "ratings"\nshape', 'file = "votes"\nshape'))


def test_a_template_is_checked_when_the_mapping_is_read() -> None:
    with pytest.raises(Exception, match="column names in braces"):
        read_mapping(SMALL.replace("{question}", "{question"))


def test_a_random_sample_needs_to_say_of_how_many() -> None:
    with pytest.raises(BadInput, match="population"):
        read_mapping(SMALL + '[chosen]\ndesign = "random"\n')
    assert read_mapping(SMALL + '[chosen]\ndesign = "random"\npopulation = 50\n').chosen.population == 50


def test_a_criterion_stands_once() -> None:
    criterion = SMALL[SMALL.index("[[criteria]]") : SMALL.index("[[ratings]]")]
    with pytest.raises(BadInput, match="once"):
        read_mapping(SMALL + criterion)


def test_scales_are_declared_by_name_or_spelt_out() -> None:
    data = {
        "files": {"r": {}},
        "content": [{"file": "r", "item": {"id": "{id}", "text": "{t}"}}],
        "criteria": [
            {"key": "a", "applies_to": "pair", "scale": {"preset": "preference", "both_bad": True}},
            {"key": "b", "applies_to": "item", "scale": {"preset": "likert", "low": 1, "high": 6}},
            {
                "key": "c",
                "applies_to": "item",
                "scale": {"kind": "nominal", "options": ["cat", {"key": "dog", "label": "Dog"}]},
            },
            {"key": "d", "applies_to": "item", "scale": {"kind": "interval", "low": 0, "high": 1}},
        ],
    }
    scales = [criterion.scale.declared() for criterion in parse_mapping(data).criteria]
    assert scales[0] == preference(both_bad=True)
    assert scales[1] == likert(1, 6)
    assert [(option.key, option.label) for option in scales[2].options] == [("cat", "cat"), ("dog", "Dog")]
    assert scales[3].kind is ScaleKind.INTERVAL
    assert scales[3].is_numeric


def test_a_scale_with_one_option_is_refused() -> None:
    data = {"files": {"r": {}}, "content": [{"file": "r", "item": {"id": "{id}", "text": "{t}"}}],
            "criteria": [{"key": "a", "applies_to": "item",
                          "scale": {"kind": "nominal", "options": ["cat"]}}]}  # fmt: skip
    with pytest.raises(BadInput, match="at least 2"):
        parse_mapping(data)
