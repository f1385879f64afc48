"""Every published figure by the app's own functions, from studies that its own import brought in."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from core.stats.number_pairs import NumberComparison
from core.workflow.agreement_answers import answer_counts, shown_rows
from core.workflow.agreement_view import AgreementView
from core.workflow.order_effects import judges_by_order
from core.workflow.probability_values import compare_probabilities
from core.workflow.rankings import system_games, system_rankings
from tests.reproduce.published import Figure
from tests.reproduce.studies import Imported

Finding = Iterator[tuple[Figure, float | None]]


def rater_named(view: AgreementView, name: str) -> int:
    return next(line.id for line in view.raters if line.name == name)


def pandalm(imported: Imported) -> Finding:
    """Cohen's kappa of every two people, and the majority of the three."""
    view = imported.view("pandalm", coefficient="cohen")
    place = {line.name: position for position, line in enumerate(view.named_raters)}
    for one, two in ((1, 2), (1, 3), (2, 3)):
        kappa = view.pairs.kappa[place[f"annotator {one}"], place[f"annotator {two}"]]
        yield Figure("pandalm", "README IAA", f"Cohen kappa annot {one}-{two}"), float(kappa)
    for number, option in enumerate(("tie", "A", "B")):
        counted = float(view.majority.counts[option])
        yield Figure("pandalm", "README label table", f"majority label {number} count"), counted


def judge_bench(imported: Imported) -> Finding:
    """Krippendorff's alpha of anonymous seats, ordinal, of each criterion."""
    for name, dataset in (("judge_bench_recipes", "meta_evaluation_recipes"), ("judge_bench_newsroom", "newsroom")):
        for question in imported.live(name).questions:
            title = question.name if dataset == "newsroom" else question.key
            alpha = imported.view(name, question.key).people["alpha_ordinal"].value
            yield Figure(f"judge_bench/{dataset}", f"results json {title}", "Krippendorff alpha ordinal"), alpha


def label_errors(imported: Imported) -> Finding:
    """Flagged items of whose five votes fewer than three are for the given label."""
    for name in ("mnist", "cifar10", "imdb", "20news"):
        view = imported.view(f"label_errors_{name}", "vote")
        votes = answer_counts(view, shown_rows(view))
        confirmed = votes[votes.sum(axis=1) > 0, view.question.scale.code("given")]
        newsgroups = name == "20news"
        figure = "Table 1 20news" if newsgroups else f"Northcutt 2021 Table 1 {name}"
        metric = "same" if newsgroups else "flagged items with <3 of 5 votes for given label"
        yield Figure("label_errors", figure, metric), float(np.sum(confirmed < 3))


def llm_rubric(imported: Imported) -> Finding:
    """The judge's probabilities, as likeliest option and as expected value, against the person's satisfaction."""
    view = imported.view("llm_rubric", "q0")
    judge = rater_named(view, "gpt-3.5-turbo-16k")
    found = compare_probabilities(imported.workspace, imported.live("llm_rubric"), view, judge, seed=0, resamples=0)
    metrics = {"RMSE": "rmse", "Pearson": "pearson", "Spearman": "spearman", "Kendall tau-b": "kendall_tau_b"}
    ways: dict[str, NumberComparison] = {"argmax": found.likeliest, "exp": found.expected}
    for way, numbers in ways.items():
        for metric, key in metrics.items():
            yield Figure("llm_rubric", f"README baselines {way}", metric), numbers[key].value


def llmbar(imported: Imported) -> Finding:
    """Each judge in each subset; a reply that cannot be read is a wrong answer, and the same as another such reply."""
    live, view = imported.live("llmbar"), imported.view("llmbar")
    gold = rater_named(view, "gold")
    judges = judges_by_order(live, view, reference=gold, slices="subset", unreadable="answer", seed=0, resamples=0)
    for each in judges:
        model, _, strategy = each.rater.name.partition(" ")
        figure = f"statistics {each.slice}/{model}/{strategy}"
        for metric, estimate in (
            ("accuracy, mean of both orders (%)", each.effects.accuracy),
            ("positional agreement (%)", each.effects.same),
        ):
            yield Figure("llmbar", figure, metric), None if estimate.value is None else 100 * estimate.value


def llmfao(imported: Imported) -> Finding:
    """Systems ranked from the votes of the crowd, in the order of the file."""
    played = system_games(imported.workspace, imported.view("llmfao"))
    found = system_rankings(played, seed=0, k=4.0, resamples=0)
    rates = {each.player: each.score.value for each in found.average_win_rate.players}
    scores = {"bradley_terry": found.strength_shares, "average_win_rate": rates, "elo": found.elo}
    for method, values in scores.items():
        for system, value in values.items():
            yield Figure("llmfao", f"evalica golden {method}", system), value


@dataclass(frozen=True)
class Published:
    """Figures of one public set: how many were published, what is imported for them, and how the app finds them."""

    how_many: int
    sets: tuple[str, ...]
    compute: Callable[[Imported], Finding]


PUBLISHED = {
    "pandalm": Published(6, ("pandalm",), pandalm),
    "judge_bench": Published(10, ("judge_bench_recipes", "judge_bench_newsroom"), judge_bench),
    "label_errors": Published(
        4, tuple(f"label_errors_{name}" for name in ("mnist", "cifar10", "imdb", "20news")), label_errors
    ),
    "llm_rubric": Published(8, ("llm_rubric",), llm_rubric),
    "llmbar": Published(650, ("llmbar",), llmbar),
    "llmfao": Published(177, ("llmfao",), llmfao),
}
"""By the first part of the data set's name in the list of figures."""
