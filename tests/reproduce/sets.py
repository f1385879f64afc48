"""The public sets as their authors published them, and the mappings that come along for them."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from core.settings import ROOT
from core.workflow.importing import ImportResult, input_files, read_mapping_file, run_import
from core.workflow.workspace import Visitor, Workspace

VARIABLE = "TOUCHSTONE_REFERENCE_DATA"


@dataclass(frozen=True)
class ReferenceSet:
    """One import: the name of its mapping and of its study, and its files below the folder of all sets."""

    name: str
    files: tuple[str, ...]

    @property
    def mapping(self) -> Path:
        return ROOT / "data" / "mappings" / f"{self.name}.toml"

    def paths(self, folder: Path) -> Sequence[Path]:
        return [folder / file for file in self.files]

    def bring(self, workspace: Workspace, folder: Path, *, study: int | None = None) -> ImportResult:
        """What `touchstone import` does with it, into a new study unless one is named."""
        return run_import(
            workspace,
            Visitor(),
            input_files(self.paths(folder)),
            read_mapping_file(self.mapping),
            study=study,
            new_name="" if study else self.name,
        )


def _label_errors(name: str, *arrays: str) -> ReferenceSet:
    files = (f"mturk/{name}_mturk.json", *(f"npy/{name}_test_set_{array}.npy" for array in arrays))
    return ReferenceSet(f"label_errors_{name}", tuple(f"label_errors/{file}" for file in files))


def _in(folder: str, *files: str) -> tuple[str, ...]:
    return tuple(f"{folder}/{file}" for file in files)


SETS = {
    each.name: each
    for each in (
        ReferenceSet(
            "pandalm",
            _in("pandalm", "testset-v1.json", "gpt-3.5-turbo-testset-v1.json", "pandalm-7b-testset-v1.json"),
        ),
        ReferenceSet("judge_bench_recipes", _in("judge_bench", "meta_evaluation_recipes.json")),
        ReferenceSet("judge_bench_newsroom", _in("judge_bench", "newsroom.json")),
        _label_errors("mnist"),
        _label_errors("cifar10", "pyx", "original_labels"),
        _label_errors("imdb"),
        _label_errors("20news", "pyx", "original_labels"),
        ReferenceSet(
            "llm_rubric",
            _in(
                "llm_rubric",
                "real_conversations.jsonl",
                "human_judges_real_convs_FIXED_ANON.tsv",
                "gpt-3.5-turbo-16k_real_evaluations_FIXED.tsv",
            ),
        ),
        ReferenceSet(
            "llm_rubric_synthetic",
            _in(
                "llm_rubric",
                "human_judges_synth_all_FIXED_ANON.tsv",
                "gpt-3.5-turbo-16k_synth_evaluations_FIXED.tsv",
            ),
        ),
        ReferenceSet("llmbar", _in("llmbar", "items.csv", "verdicts.csv")),
        ReferenceSet(
            "llmfao",
            _in(
                "llmfao",
                "pairs-crowd.jsonl",
                "models.jsonl",
                "crowd-comparisons.csv",
                "gpt4-crowd-comparisons.csv",
                "gpt3-crowd-comparisons.csv",
            ),
        ),
    )
}
