"""Figures that papers, READMEs and result files print, from the authors' own files and our statistics alone."""

import csv
import json
import os
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.scales import DeclaredScale, Option, ScaleKind, likert
from core.stats.agreement import agreement
from core.stats.bradley_terry import bradley_terry
from core.stats.games import Games
from core.stats.majority import majority
from core.stats.number_pairs import compare_numbers
from core.stats.pair_matrix import pair_matrix
from core.stats.rankings import average_win_rates, elo, strength_shares
from core.stats.ratings import RatingTable
from core.stats.two_raters import compare

FOLDER = os.environ.get("TOUCHSTONE_REFERENCE_DATA", "")
pytestmark = [
    pytest.mark.reference,
    pytest.mark.skipif(not FOLDER, reason="TOUCHSTONE_REFERENCE_DATA names no folder with the public data sets"),
]
Found = dict[tuple[str, str], float]


def scale(*keys: str) -> DeclaredScale:
    return DeclaredScale(ScaleKind.NOMINAL, tuple(Option(key, key) for key in keys))


def rows_of(path: str, delimiter: str = ",") -> list[dict[str, str]]:
    with (Path(FOLDER) / path).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter=delimiter))


def json_of(path: str) -> Any:
    return json.loads((Path(FOLDER) / path).read_text(encoding="utf-8"))


def printed(dataset: str) -> dict[tuple[str, str], str]:
    """What was published about a set, by figure and metric, as it stands there."""
    rows = rows_of("published_figures.csv")
    return {(row["figure"], row["metric"]): row["published"] for row in rows if row["dataset"].startswith(dataset)}


def same(ours: float, text: str) -> bool:
    """Whether a number, rounded to the digits of the printed one, is the printed one (16 digits: to 1e-12 of it)."""
    digits = len(text.partition(".")[2])
    if digits > 9:
        return bool(np.isclose(ours, float(text), rtol=1e-12, atol=0))
    return bool(np.isclose(round(ours, digits), float(text), rtol=0, atol=10.0 ** -(digits + 3)))


def pandalm() -> Found:
    rows = json_of("pandalm/testset-v1.json")
    people = ["annotator1", "annotator2", "annotator3"]
    table = RatingTable.from_raw(([row[name] for name in people] for row in rows), scale("0", "1", "2"))
    kappa = pair_matrix(table).kappa
    counts = majority(table).how_many(3)
    found = {("README IAA", f"Cohen kappa annot {a + 1}-{b + 1}"): kappa[a, b] for a, b in ((0, 1), (0, 2), (1, 2))}
    return found | {("README label table", f"majority label {k} count"): float(n) for k, n in enumerate(counts)}


def judge_bench() -> Found:
    found = {}
    for file, best in (("meta_evaluation_recipes", 6), ("newsroom", 5)):
        data = json_of(f"judge_bench/{file}.json")
        for metric in data["instances"][0]["annotations"]:
            lists = [each["annotations"][metric]["individual_human_scores"] for each in data["instances"]]
            scores = RatingTable.from_triples(
                np.repeat(np.arange(len(lists)), [len(each) for each in lists]),
                None,
                np.concatenate(lists).astype(int) - 1,
                likert(1, best),
                n_units=len(lists),
            )
            report = agreement(scores, seed=0, resamples=0, only=["alpha_ordinal"])
            found[f"results json {metric}", "Krippendorff alpha ordinal"] = report.alpha.value or np.nan
    return found


def label_errors() -> Found:
    found = {}
    for name in ("mnist", "cifar10", "imdb", "20news"):
        votes = [row["mturk"] for row in json_of(f"label_errors/mturk/{name}_mturk.json")]
        kinds = sorted({kind for vote in votes for kind in vote})
        table = RatingTable.from_counts([[vote.get(kind, 0) for kind in kinds] for vote in votes], scale(*kinds))
        confirmed = table.counts()[:, kinds.index("given")]
        figure = "Table 1 20news" if name == "20news" else f"Northcutt 2021 Table 1 {name}"
        metric = "same" if name == "20news" else "flagged items with <3 of 5 votes for given label"
        found[figure, metric] = float(np.sum(confirmed < 3))
    return found


def llm_rubric() -> Found:
    people = rows_of("llm_rubric/human_judges_real_convs_FIXED_ANON.tsv", "\t")
    judged = rows_of("llm_rubric/gpt-3.5-turbo-16k_real_evaluations_FIXED.tsv", "\t")
    options = np.array([1.0, 2.0, 3.0, 4.0])
    chances = {
        row["text_id"]: np.array([float(row[f"answer{k}_prob"]) for k in (1, 2, 3, 4)])
        for row in judged
        if row["criterion"] == "Q0"
    }
    person = np.array([float(row["Q0"]) for row in people])
    given = np.array([chances[row["text_id"]] for row in people])
    judges = {"argmax": options[given.argmax(axis=1)], "exp": given @ options / given.sum(axis=1)}
    names = {"RMSE": "rmse", "Pearson": "pearson", "Spearman": "spearman", "Kendall tau-b": "kendall_tau_b"}
    found = {}
    for how, judge in judges.items():
        compared = compare_numbers(person, judge, seed=0, resamples=0)
        for name, key in names.items():
            found[f"README baselines {how}", name] = compared[key].value or np.nan
    return found


def llmbar() -> Found:
    by_judge = defaultdict(list)
    for row in rows_of("llmbar/verdicts.csv"):
        by_judge[f"statistics {row['subset']}/{row['judge']}/{row['strategy']}"].append(row)
    answers = scale("1", "2", "unreadable")
    found: Found = {}
    for figure, rows in by_judge.items():
        raw = ([row["gold_label"], row["winner_order1"] or "unreadable", row["winner_order2"] or "unreadable"]
               for row in rows)  # fmt: skip
        table = RatingTable.from_raw(raw, answers, rater_ids=["gold", "first", "second"])
        right = [compare(table, "gold", order, seed=0, resamples=0)["accuracy"].value for order in ("first", "second")]
        found[figure, "accuracy, mean of both orders (%)"] = 100 * float(np.mean(np.array(right, dtype=float)))
        orders = pair_matrix(table.of_raters(["first", "second"]))
        found[figure, "positional agreement (%)"] = 100 * orders.percent[0, 1]
    return found


def llmfao() -> Found:
    rows = rows_of("llmfao/crowd-comparisons.csv")
    score = [{"left": 1.0, "tie": 0.5, "right": 0.0}[row["winner"]] for row in rows]
    games = Games.of([row["left"] for row in rows], [row["right"] for row in rows], score)
    wins = games.wins()
    scores = {
        "bradley_terry": strength_shares(bradley_terry(wins).log_strengths),
        "average_win_rate": average_win_rates(wins[None])[0],
        "elo": elo(games, k=4.0),
    }
    return {
        (f"evalica golden {method}", player): float(value)
        for method, values in scores.items()
        for player, value in zip(games.players, values, strict=True)
    }


SETS: list[tuple[str, Callable[[], Found], int]] = [
    ("pandalm", pandalm, 6),
    ("judge_bench", judge_bench, 10),
    ("label_errors", label_errors, 4),
    ("llm_rubric", llm_rubric, 8),
    ("llmbar", llmbar, 650),
    ("llmfao", llmfao, 177),
]


@pytest.mark.parametrize(("dataset", "compute", "how_many"), SETS, ids=[name for name, _, _ in SETS])
def test_every_published_figure_is_reproduced(dataset: str, compute: Callable[[], Found], how_many: int) -> None:
    published, found = printed(dataset), compute()
    assert len(published) == how_many
    misses = {key: (text, found.get(key)) for key, text in published.items() if not same(found.get(key, np.nan), text)}
    assert not misses


def test_there_are_no_other_published_figures() -> None:
    assert len(rows_of("published_figures.csv")) == sum(how_many for _, _, how_many in SETS)
