"""What the wizard proposes before anybody has said anything: each public set, and small files of every shape."""

import csv
import json
import os
from io import StringIO
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from core.errors import BadInput, TouchstoneError
from core.importing.mapping import Mapping
from core.workflow.import_wizard import bundled_mapping, found_values, known_mapping, propose_mapping, see_file
from core.workflow.import_wizard_ratings import rater_name
from core.workflow.import_wizard_scales import guess_scale, merged_scale
from core.workflow.import_wizard_seen import SeenFile
from core.workflow.importing import CheckedImport, InputFile, check_import, read_mapping, write_mapping
from core.workflow.workspace import Workspace

MAPPINGS = Path(__file__).parents[2] / "data" / "mappings"


@pytest.fixture(scope="session")
def reference_data() -> Path:
    folder = os.environ.get("TOUCHSTONE_REFERENCE_DATA")
    if not folder:
        pytest.skip("TOUCHSTONE_REFERENCE_DATA does not name the folder of public data sets")
    return Path(folder)


def written(folder: Path, **files: str) -> list[Path]:
    """Files by name; `__` in a name stands for its last dot."""
    paths = []
    for name, text in files.items():
        path = folder / ".".join(name.rsplit("__", 1))
        path.write_text(text, encoding="utf-8")
        paths.append(path)
    return paths


def seen(paths: list[Path]) -> list[SeenFile]:
    return [see_file(path, path.name) for path in paths]


def checked(workspace: Workspace, paths: list[Path], mapping: Mapping) -> CheckedImport:
    return check_import(workspace, [InputFile(path, path.name) for path in paths], mapping)


PUBLIC = {
    "pandalm": (
        ("pandalm/gpt-3.5-turbo-testset-v1.json", "pandalm/pandalm-7b-testset-v1.json", "pandalm/testset-v1.json"),
        {"pair": 999}, {"person": 3, "judge": 2}, 4_995,
    ),
    "recipes": (("judge_bench/meta_evaluation_recipes.json",), {"item": 52}, {"seat": 88}, 6_336),
    # 420 items x 4 scales x 3 raters
    "newsroom": (("judge_bench/newsroom.json",), {"item": 420}, {"seat": 3}, 5_040),
    # 27,235 rows x 2 orders - 134 unreadable + 419 gold labels
    "llmbar": (("llmbar/items.csv", "llmbar/verdicts.csv"), {"pair": 419}, {"judge": 65, "source": 1}, 54_755),
    # 223 x 9 by people, 223 x 9 by the judge
    "llm_rubric": (
        ("llm_rubric/gpt-3.5-turbo-16k_real_evaluations_FIXED.tsv", "llm_rubric/human_judges_real_convs_FIXED_ANON.tsv",
         "llm_rubric/real_conversations.jsonl"),
        {"item": 223}, {"person": 13, "judge": 1}, 4_014,
    ),
    # 1,310 items x 5 votes
    "imdb votes": (("label_errors/mturk/imdb_mturk.json",), {"item": 1_310}, {"seat": 5}, 6_550),
    "cifar10 arrays": (
        ("label_errors/npy/cifar10_test_set_original_labels.npy", "label_errors/npy/cifar10_test_set_pyx.npy"),
        {"item": 10_000}, {"source": 1, "judge": 1}, 20_000,
    ),
}  # fmt: skip


@pytest.mark.reference
@pytest.mark.parametrize("name", PUBLIC)
def test_a_public_set_imports_as_it_is_proposed(workspace: Workspace, reference_data: Path, name: str) -> None:
    files, subjects, raters, ratings = PUBLIC[name]
    paths = [reference_data / file for file in files]
    mapping = propose_mapping(seen(paths))
    assert read_mapping(write_mapping(mapping)) == mapping
    found = checked(workspace, paths, mapping)
    assert found.problems == ()
    assert {kind: part.new for kind, part in found.subjects.items()} == subjects
    assert dict(found.raters) == raters
    assert found.ratings.new == ratings


@pytest.mark.reference
def test_pandalm_verdicts_are_dirty_and_nothing_is_guessed_into_them(
    workspace: Workspace, reference_data: Path
) -> None:
    paths = sorted((reference_data / "pandalm").glob("*.json"))
    mapping = propose_mapping(seen(paths))
    found = checked(workspace, paths, mapping)
    (aside,) = found.set_aside
    assert (aside.value, aside.count, aside.treated) == ("garbage", 25, "unreadable")
    judges = {entry.rater: entry.values for entry in mapping.ratings if entry.kind == "judge"}
    assert judges == {
        "gpt-3.5-turbo": {"Tie": "tie", "1": "A", "2": "B"},
        "pandalm-7b": {"0": "tie", "1": "A", "2": "B"},
    }
    systems = [output.system for output in mapping.content[0].outputs]
    assert systems == ["{first}", "{second}"], "the two models stand in one column, cmp_key"


@pytest.mark.reference
def test_llmfao_votes_name_systems_that_its_texts_do_not_and_the_check_says_so(
    workspace: Workspace, reference_data: Path
) -> None:
    paths = [reference_data / "llmfao" / name for name in ("crowd-comparisons.csv", "pairs-crowd.jsonl")]
    found = checked(workspace, paths, propose_mapping(seen(paths)))
    assert not found.can_run
    assert "an output of" in found.problems[0].found


def test_ratings_in_another_file_are_joined_by_a_key_of_another_name(workspace: Workspace, tmp_path: Path) -> None:
    paths = written(
        tmp_path,
        texts__csv="uid,prompt,model,answer\n"
        "q1,What is a star made of in the main?,north,It is made of hydrogen and helium.\n"
        "q2,What is a comet made of in the main?,north,It is made of ice and of dust.\n",
        grades__csv="question_id,annotator,score\nq1,Ada,4\nq2,Ada,2\nq1,Grace,5\n",
    )
    mapping = propose_mapping(seen(paths))
    (entry,) = mapping.ratings
    assert (entry.item, entry.value, entry.rater, entry.kind) == ("{question_id}", "{score}", "{annotator}", "person")
    found = checked(workspace, paths, mapping)
    assert found.problems == ()
    assert found.subjects["output"].new == 2
    assert found.ratings.new == 3


def test_outputs_look_their_inputs_up_in_the_file_that_has_them(workspace: Workspace, tmp_path: Path) -> None:
    paths = written(
        tmp_path,
        prompts__csv="id,prompt\nq1,Name a bright star of the northern sky\nq2,Name a moon of the planet Mars\n",
        outputs__csv="id,model,output\nq1,north,Vega is a bright star in Lyra\nq1,south,Deneb is a bright star too\n"
        "q2,north,Phobos is the inner moon of it\n",
    )
    found = checked(workspace, paths, propose_mapping(seen(paths)))
    assert found.problems == ()
    assert (found.items.new, found.outputs.new) == (2, 3)
    assert found.preview[0].messages[0]["content"] == "Name a bright star of the northern sky"


def test_ids_that_start_again_in_every_part_are_told_apart_by_the_part(workspace: Workspace, tmp_path: Path) -> None:
    rows = "".join(
        f"{part},{number},A question of the part {part} with number {number}\n"
        for part in ("easy", "hard")
        for number in (0, 1)
    )
    (path,) = written(tmp_path, items__csv=f"part,item_index,question\n{rows}")
    (file,) = seen([path])
    assert file.item_id == "{part}/{item_index}"
    found = checked(workspace, [path], propose_mapping([file]))
    assert (found.problems, found.items.new) == ((), 4)


def test_ids_that_nothing_tells_apart_give_way_to_a_fingerprint_of_the_input(tmp_path: Path) -> None:
    (path,) = written(
        tmp_path, items__csv="id,question\n1,The first of two questions here\n1,The second of two questions here\n"
    )
    assert seen([path])[0].item_id == "{question|hash}"


@pytest.mark.parametrize(
    ("record", "shape", "n_ratings"),
    [
        ({"id": "a", "prompt": "Long enough to be read", "scores": [4, 5, 3]}, "scores", 3),
        ({"id": "a", "prompt": "Long enough to be read", "ratings": {"Ada": "yes", "Grace": "no"}}, "nested", 2),
        (
            {"id": "a", "prompt": "Long enough to be read",
             "ratings": [{"rater": "Ada", "score": 4}, {"rater": "Grace", "score": 1}]},
            "scores", 2,
        ),
        (
            {"id": "a", "prompt": "Long enough to be read",
             "annotations": {"Ada": {"clear": 1, "true": 3}, "Grace": {"clear": 2, "true": 4}}},
            "nested", 4,
        ),
        ({"id": "a", "prompt": "Long enough to be read", "scores": {"clear": [1, 2], "true": [3, 4]}}, "scores", 4),
    ],
)  # fmt: skip
def test_scores_inside_a_record_are_found(
    workspace: Workspace, tmp_path: Path, record: dict[str, object], shape: str, n_ratings: int
) -> None:
    (path,) = written(tmp_path, nested__jsonl=f"{json.dumps(record)}\n")
    mapping = propose_mapping(seen([path]))
    assert mapping.ratings[0].shape == shape
    found = checked(workspace, [path], mapping)
    assert (found.problems, found.ratings.new) == ((), n_ratings)


def test_whole_numbers_by_name_are_votes_unless_a_person_says_that_they_are_scores(tmp_path: Path) -> None:
    (path,) = written(tmp_path, both__jsonl='{"id": "a", "prompt": "Long enough", "ratings": {"Ada": 4, "Grace": 2}}\n')
    (file,) = seen([path])
    assert propose_mapping([file]).ratings[0].shape == "counts"
    assert propose_mapping([SeenFile(file.detected, "nested")]).ratings[0].shape == "nested"


def test_a_file_that_takes_no_part_is_still_known_to_the_mapping(workspace: Workspace, tmp_path: Path) -> None:
    paths = written(
        tmp_path, items__csv="id,prompt\nq1,Name a bright star of the sky\n", models__csv="name,org\nnorth,Pole\n"
    )
    files = seen(paths)
    aside = [files[0], SeenFile(files[1].detected, None)]
    mapping = propose_mapping(aside)
    assert set(mapping.files) == {"items", "models"}
    assert checked(workspace, paths, mapping).can_run


def test_files_of_which_none_takes_part_are_refused(tmp_path: Path) -> None:
    (file,) = seen(written(tmp_path, models__csv="name,org\nnorth,Pole\n"))
    with pytest.raises(BadInput, match="at least one with items or ratings"):
        propose_mapping([SeenFile(file.detected, None)])


def test_our_own_export_is_recognised_by_its_columns(tmp_path: Path) -> None:
    header = "item,subject_kind,rating_id,rater_kind,criterion_version,order_shown,value\n"
    own, other = seen(written(tmp_path, own__csv=f"{header}q1,item,1,person,1,,A\n", other__csv="id,prompt\n1,Hello\n"))
    found = known_mapping([own], MAPPINGS / "touchstone.toml")
    assert found is not None
    assert found.from_touchstone
    assert known_mapping([other], MAPPINGS / "touchstone.toml") is None
    assert known_mapping([own, other], MAPPINGS / "touchstone.toml") is None


_BUNDLED = """
version = 1
name = "Known"
[files.pairs]
name = "pairs-*.csv"
[files.votes]
name = "votes.csv"
optional = true
[[content]]
file = "pairs"
item = { id = "{id}", text = "{prompt}" }
"""
_PAIRS = "id,prompt\n1,Hello\n"


@pytest.fixture
def bundled(tmp_path: Path) -> Path:
    folder = tmp_path / "bundled"
    folder.mkdir()
    (folder / "known.toml").write_text(_BUNDLED, encoding="utf-8")
    return folder


def test_a_bundled_mapping_is_found_by_names_and_columns_and_names_the_files(tmp_path: Path, bundled: Path) -> None:
    (tmp_path / "pairs-a.csv").write_text(_PAIRS, encoding="utf-8")
    found = bundled_mapping(seen([tmp_path / "pairs-a.csv"]), bundled)
    assert found is not None
    assert {role: entry.name for role, entry in found.files.items()} == {"pairs": "pairs-a.csv", "votes": "votes.csv"}


@pytest.mark.parametrize(
    "files",
    [
        {"pairs.csv": _PAIRS},
        {"votes.csv": _PAIRS},
        {"pairs-a.csv": "id,text\n1,Hello\n"},
        {"pairs-a.csv": _PAIRS, "more.csv": _PAIRS},
        {"pairs-a.csv": _PAIRS, "pairs-b.csv": _PAIRS},
    ],
    ids=["another name", "a part is missing", "a column is missing", "a file too many", "two for one part"],
)
def test_a_bundled_mapping_is_not_taken_for_other_files(tmp_path: Path, bundled: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    assert bundled_mapping(seen([tmp_path / name for name in files]), bundled) is None


def test_raw_values_are_counted_over_the_file(tmp_path: Path) -> None:
    (path,) = written(
        tmp_path, grades__csv="id,annotator1,annotator2\n" + "".join(f"{n},{n % 2},yes\n" for n in range(10)) + "10,,\n"
    )
    (file,) = seen([path])
    entry = propose_mapping([file]).ratings[0]
    found = found_values(path, path.name, file.detected.format, entry)
    assert dict(found.counts) == {"yes": 10, "0": 5, "1": 5, "": 2}
    assert found.complete


@pytest.mark.parametrize(
    ("file", "content", "name"),
    [
        ("gpt-4-testset-v1.json", "testset-v1.json", "gpt-4"),
        ("claude_verdicts.csv", "items.csv", "claude"),
        ("ratings.csv", "", "ratings"),
        ("....csv", "", "....csv"),
    ],
)
def test_a_file_names_its_rater(file: str, content: str, name: str) -> None:
    assert rater_name(file, content) == name


@pytest.mark.parametrize(
    ("values", "pair", "kind", "read"),
    [
        (["1", "2", "0"], True, "preference", {"1": "A", "2": "B", "0": "tie"}),
        (["-1", "0", "1"], True, "preference", {"1": "A", "-1": "B", "0": "tie"}),
        (["0", "1"], True, "preference", {"0": "A", "1": "B"}),
        (["left", "right", "tie"], True, "preference", {"left": "A", "right": "B", "tie": "tie"}),
        (["model_a", "model_b", "tie (bothbad)"], True, "preference",
         {"model_a": "A", "model_b": "B", "tie (bothbad)": "both_bad"}),
        (["[[A]]", "[[B]]", "[[C]]"], True, "preference", {"[[A]]": "A", "[[B]]": "B", "[[C]]": "tie"}),
        (["1", "2", "3", "4"], True, "ordinal", {}),
        (["1", "5", "3"], False, "ordinal", {}),
        (["yes", "No"], False, "binary", {}),
        (["True", "false"], False, "binary", {}),
        (["0", "1"], False, "binary", {}),
        (["good", "poor", "fair"], False, "ordinal", {}),
        (["spam", "ham", "eggs"], False, "nominal", {}),
        (["0.25", "0.5"], False, "interval", {}),
        (["1", "900"], False, "interval", {}),
        (["only"], False, "interval", {}),
        ([], False, "interval", {}),
    ],
)  # fmt: skip
def test_a_scale_is_guessed_from_values(values: list[str], pair: bool, kind: str, read: dict[str, str]) -> None:
    guess = guess_scale(values, pair=pair)
    scale = guess.entry.declared()
    assert scale.kind.value == kind
    assert guess.values == read
    assert set(read.values()) <= set(scale.keys)


def test_values_that_name_systems_are_a_preference_for_them() -> None:
    guess = guess_scale(["north", "south", "tie"], pair=True, systems={"north", "south"})
    assert (guess.names, guess.values) == ("system", {"tie": "tie"})


def test_ordered_words_stand_from_low_to_high() -> None:
    assert guess_scale(["good", "poor", "fair"]).entry.declared().keys == ("poor", "fair", "good")


def test_scales_of_one_question_are_joined_and_of_two_are_not() -> None:
    likert, wider = guess_scale(["1", "2", "3"]).entry, guess_scale(["0", "4"]).entry
    joined = merged_scale(likert, wider)
    assert joined is not None
    assert joined.declared().keys == ("0", "1", "2", "3", "4")
    labels, more = guess_scale(["spam", "ham"]).entry, guess_scale(["spam", "eggs"]).entry
    both = merged_scale(labels, more)
    assert both is not None
    assert set(both.declared().keys) == {"spam", "ham", "eggs"}
    assert merged_scale(likert, labels) is None
    assert merged_scale(labels, guess_scale(["x", "z"]).entry) is None


HEADER = some.lists(
    some.sampled_from(
        ["id", "prompt", "output", "output_a", "output_b", "rater", "score", "annotator1", "annotator2", "label",
         "model", "{x}", "a|b", "@value", " padded", "<b>bold</b>", "reason", "split", "prob_a", "prob_b", "Q1", "Q2",
         "pair_key"]
    ),
    min_size=1, max_size=7, unique=True,
)  # fmt: skip
CELLS = some.sampled_from(
    ["", "1", "0", "2", "yes", "no", "tie", "A", "B", "garbage", "0.5", "{", "}", "a_b", "c_d", "x" * 90,
     "A sentence that is long enough to be a text to read.", "=1+1", "train", "NaN"]
)  # fmt: skip


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(header=HEADER, data=some.data())
def test_a_proposal_is_always_a_mapping_that_can_be_kept_and_checked(
    workspace: Workspace, tmp_path_factory: pytest.TempPathFactory, header: list[str], data: some.DataObject
) -> None:
    rows = data.draw(some.lists(some.lists(CELLS, min_size=len(header), max_size=len(header)), min_size=1, max_size=5))
    text = StringIO()
    csv.writer(text, lineterminator="\n").writerows([header, *rows])
    path = tmp_path_factory.mktemp("drawn") / "drawn.csv"
    path.write_text(text.getvalue(), encoding="utf-8")
    try:
        file = see_file(path, path.name)
    except TouchstoneError:
        return
    if all(set(name) & set("{}|@") for name in header):  # the reader takes the space around a name away
        with pytest.raises(BadInput, match="one that a mapping can name"):
            propose_mapping([file])
        return
    mapping = propose_mapping([file])
    assert read_mapping(write_mapping(mapping)) == mapping
    found = checked(workspace, [path], mapping)  # raises nothing: what is wrong is told row by row
    assert found.n_problems or found.items.total
