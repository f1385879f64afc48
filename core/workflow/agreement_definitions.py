"""What every number of the agreement page is: title, definition, formula, source.

Coefficients are described where they are computed; here they stand beside the numbers that no table there describes.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from core.errors import BadInput
from core.stats.coefficients import COEFFICIENTS


@dataclass(frozen=True, slots=True)
class Definition:
    """What a number is.

    Attributes:
        key: Name in results and exports.
        title: Name for people.
        definition: What it says, in plain sentences.
        formula: In plain text.
        source: Where it was defined.
        proportion: Whether it is a share of 0 to 1, written in percent.
    """

    key: str
    title: str
    definition: str
    formula: str
    source: str
    proportion: bool = False


_SENSITIVITY = "Altman and Bland (1994), British Medical Journal 308"
_PREDICTIVE = "Altman and Bland (1994), British Medical Journal 309"
_BYRT = "Byrt, Bishop and Carlin (1993), Journal of Clinical Epidemiology 46"
_SETUPS = "Zheng et al. (2023), Judging LLM-as-a-Judge: agreement with and without ties"
_CREDIT = "Linear weights on A, tie, B: Cohen (1968), Psychological Bulletin 70"
_KAPPA = "Cohen's kappa"
_MAJORITY = (
    "Each person is held against the majority of the other people, and the judge against the same majorities, on the"
    " units that the judge rated. Every unit counts once, shared among its people; a tied majority is no reference."
)

_RATES = (
    Definition("accuracy", "Percent agreement", "Share of units with the same answer as the reference.",
               "po = sum_k n_kk / n", "Cohen (1960), Educational and Psychological Measurement 20", proportion=True),
    Definition("mcc", "Matthews' correlation (MCC)",
               "Correlation of the judge's answers with the reference's, over all options; 0 is chance.",
               "(n sum_k n_kk - sum_k n_k. n_.k) / sqrt((n^2 - sum n_k.^2) (n^2 - sum n_.k^2))",
               "Matthews (1975), Biochimica et Biophysica Acta 405; Gorodkin (2004)"),
    Definition("f1", "F1", "Balance of found positives and right positives.", "2 tp / (2 tp + fp + fn)",
               "van Rijsbergen (1979), Information Retrieval"),
    Definition("macro_f1", "Macro F1", "Mean of the F1 of every option against all others, over the options in use.",
               "mean_k 2 n_kk / (n_k. + n_.k)", "van Rijsbergen (1979), Information Retrieval"),
    Definition("tpr", "True positive rate (TPR)",
               "Of the units that the reference calls positive, the share that the judge calls positive too.",
               "tp / (tp + fn)", _SENSITIVITY, proportion=True),
    Definition("tnr", "True negative rate (TNR)",
               "Of the units that the reference calls negative, the share that the judge calls negative too.",
               "tn / (tn + fp)", _SENSITIVITY, proportion=True),
    Definition("ppv", "Right positives (PPV)",
               "Of the units that the judge calls positive, the share that the reference calls positive too.",
               "tp / (tp + fp)", _PREDICTIVE, proportion=True),
    Definition("npv", "Right negatives (NPV)",
               "Of the units that the judge calls negative, the share that the reference calls negative too.",
               "tn / (tn + fn)", _PREDICTIVE, proportion=True),
    Definition("balanced_accuracy", "Balanced accuracy", "Mean of TPR and TNR.", "(TPR + TNR) / 2",
               "Brodersen et al. (2010), ICPR"),
    Definition("prevalence_index", "Prevalence index",
               "How much commoner one of the two answers is where both give the same; a large one lowers kappa.",
               "|tp - tn| / n", _BYRT),
    Definition("bias_index", "Bias index", "How differently often the two say positive.", "|fn - fp| / n", _BYRT),
    Definition("spearman", "Spearman's rank correlation", "Correlation of the ranks; equal values share a rank.",
               "Pearson's r of mid-ranks", "Spearman (1904), American Journal of Psychology 15"),
    Definition("kendall_tau_b", "Kendall's tau-b",
               "Of two units, how much oftener both order them alike than the other way round; ties are corrected for.",
               "(concordant - discordant) / sqrt((pairs untied in one) (pairs untied in the other))",
               "Kendall (1945), Biometrika 33"),
    Definition("pearson", "Pearson's correlation", "How closely the two values follow a straight line.",
               "cov(x, y) / (sd(x) sd(y))", "Pearson (1895), Proceedings of the Royal Society 58"),
    Definition("mae", "Mean absolute difference", "How far the judge's values are from the reference's, on average.",
               "mean |judge - reference|", "Willmott and Matsuura (2005), Climate Research 30"),
    Definition("rmse", "Root mean squared difference",
               "How far the judge's values are from the reference's, large differences counting more.",
               "sqrt(mean (judge - reference)^2)", "Willmott and Matsuura (2005), Climate Research 30"),
    Definition("bias", "Signed difference", "How much higher the judge's values are than the reference's, on average.",
               "mean (judge - reference)", "Bland and Altman (1986), Lancet 327"),
)  # fmt: skip

_PREFERENCES = (
    Definition("exact", "Ties as an answer", "Share of pairs of answers that are the same; a tie is an answer.",
               "same pairs / pairs, mean over units", _SETUPS, proportion=True),
    Definition("decisive", "Decisive answers only",
               "Share of the same answers among pairs where both prefer one output; pairs with a tie are left out.",
               "same pairs / pairs without a tie", _SETUPS, proportion=True),
    Definition("coverage", "Coverage of the decisive ones", "Share of pairs of answers in which nobody ties.",
               "pairs without a tie / pairs", _SETUPS, proportion=True),
    Definition("half_credit", "Half credit for ties",
               "Share of the same answers where a tie against a preference counts half.",
               "(same pairs + half of the pairs with one tie) / pairs", _CREDIT, proportion=True),
)  # fmt: skip


KAPPAS = ("cohen", "cohen_linear", "cohen_quadratic")
"""The kappas of pairs of raters, by the credit they give to close answers."""


def majority_key(coefficient: str) -> str:
    """Key of a kappa with the majority of the others, with the credit for close answers of a kappa of pairs."""
    return "majority_kappa" + coefficient.removeprefix("cohen")


_CEILING = (
    Definition("majority_percent", "Percent with the majority of the others", _MAJORITY,
               "sum over majorities of [answer = majority] / m_i, over sum of 1 / m_i, m_i people on the unit",
               "Leave-one-out majorities, weighted 1 / m", proportion=True),
    *(
        Definition(majority_key(row.key), f"Kappa with the majority of the others{row.title.removeprefix(_KAPPA)}",
                   f"{row.title} with the majority. {_MAJORITY}",
                   f"{row.formula}, of the table majority x answer, each majority of weight 1 / m_i",
                   f"{row.source.partition(';')[0]}; leave-one-out majorities")
        for row in COEFFICIENTS.values() if row.key in KAPPAS
    ),
)  # fmt: skip


def _of_coefficients() -> Iterable[Definition]:
    """Every coefficient, and what it becomes when a judge is held against people."""
    for row in COEFFICIENTS.values():
        yield Definition(row.key, row.title, row.definition, row.formula, row.source, row.proportion)
        yield Definition(
            f"{row.key}_in_place",
            f"{row.title}, the judge in a person's place",
            f"{row.definition} The judge's answers take the place of one person's, on the units that both rated;"
            " the mean over all people who can be replaced. Everything is on the units that the judge rated.",
            f"mean over people of: {row.formula}",
            f"{row.source}; replacing one rater: Brassard et al. (2024)",
            row.proportion,
        )
        if row.on_pairs is not None or row.key == "percent":
            yield Definition(
                f"{row.key}_against",
                f"{row.title} with each person",
                f"{row.definition} Of the judge with each person in turn, on the units both rated; the mean over"
                " people.",
                f"mean over people of: {'sum_k n_kk / n' if row.key == 'percent' else row.formula}",
                row.source,
                row.proportion,
            )
    yield Definition(
        "difference",
        "Judge minus people",
        "The judge's number minus the people's, on the same units; below 0 the judge agrees less with people than they"
        " do with each other. It is paired: every resample gives both numbers, and their difference.",
        "judge - people",
        "Efron and Tibshirani (1993), An Introduction to the Bootstrap",
    )


DEFINITIONS: dict[str, Definition] = {
    found.key: found for found in (*_of_coefficients(), *_RATES, *_PREFERENCES, *_CEILING)
}
"""Every number by its key: coefficients ("cohen"), those of a judge with people ("cohen_against", "fleiss_in_place"),
rates and distances against a reference ("tpr"), preferences ("half_credit"), "majority_kappa", "difference"."""


def definition_of(key: str) -> Definition:
    """The definition of a number.

    Raises:
        BadInput: Nothing has this key.
    """
    if key not in DEFINITIONS:
        raise BadInput(where="measure", found=key, expected="one of " + ", ".join(DEFINITIONS))
    return DEFINITIONS[key]
