import numpy as np
import pytest

from core.errors import BadInput
from core.scales import DeclaredScale, ScaleKind, likert, pass_fail, preference
from core.stats.agreement import agreement
from core.stats.simulation import SimulatedRater, SimulatedStudy, simulate

SLIDER = DeclaredScale(ScaleKind.INTERVAL, low=0.0, high=100.0, step=1.0)
STEADY = (SimulatedRater("a"), SimulatedRater("b"))


def test_a_seed_fixes_everything() -> None:
    study = SimulatedStudy(likert(1, 5), STEADY, 50, repeats=2)
    first, second, other = (simulate(study, seed=seed) for seed in (1, 1, 2))
    assert first.values.tolist() == second.values.tolist()
    assert first.values.tolist() != other.values.tolist()
    assert first.values.shape == (50, 2, 2)


def test_options_have_their_declared_shares() -> None:
    study = SimulatedStudy(likert(1, 4), STEADY, 20_000, shares=(0.1, 0.2, 0.3, 0.4))
    truth = simulate(study, seed=0).truth
    assert np.bincount(truth) / 20_000 == pytest.approx([0.1, 0.2, 0.3, 0.4], abs=0.015)


def test_no_noise_is_the_truth_and_more_noise_agrees_less() -> None:
    alphas = []
    for noise in (0.0, 0.4, 1.5):
        raters = (SimulatedRater("a", noise=noise), SimulatedRater("b", noise=noise))
        drawn = simulate(SimulatedStudy(likert(1, 5), raters, 2_000), seed=3)
        alphas.append(agreement(drawn.table(), seed=0, resamples=0)["alpha_ordinal"].value or 0.0)
        if not noise:
            assert (drawn.values[:, 0, 0] == drawn.truth).all()
    assert alphas[0] == pytest.approx(1.0)
    assert alphas == sorted(alphas, reverse=True)


def test_lenient_raters_answer_higher_and_drift_grows() -> None:
    raters = (SimulatedRater("plain", noise=0.1), SimulatedRater("lenient", noise=0.1, leniency=1.0),
              SimulatedRater("drifting", noise=0.1, drift=2.0))  # fmt: skip
    drawn = simulate(SimulatedStudy(SLIDER, raters, 4_000), seed=0)
    plain, lenient, drifting = (drawn.values[:, index, 0] - drawn.truth for index in range(3))
    assert abs(plain.mean()) < 1
    assert lenient.mean() > 15
    assert abs(drifting[:400].mean()) < 5
    assert drifting[-400:].mean() > 25


def test_missing_units_and_clusters_are_as_declared() -> None:
    raters = (SimulatedRater("a", missing=0.3), SimulatedRater("b"))
    study = SimulatedStudy(pass_fail(), raters, 10_000, cluster_size=5, cluster_share=0.8)
    drawn = simulate(study, seed=0)
    table = drawn.table()
    assert table.ratings_per_rater()[0] / 10_000 == pytest.approx(0.7, abs=0.02)
    assert table.clusters is not None
    assert np.bincount(table.clusters).tolist() == [5] * 2_000
    by_cluster = drawn.quality.reshape(-1, 5)
    assert np.corrcoef(by_cluster[:, 0], by_cluster[:, 1])[0, 1] == pytest.approx(0.8, abs=0.05)


def test_repeats_of_one_rater_and_preferences() -> None:
    study = SimulatedStudy(preference(both_bad=True), (SimulatedRater("judge", noise=0.3),), 200, repeats=3)
    runs = simulate(study, seed=0).runs(0)
    assert (runs.n_raters, runs.n_ratings) == (3, 600)
    assert set(runs.codes.tolist()) == {0, 1, 2}  # "both bad" is outside the order and is never simulated


def test_numbers_stay_in_their_range_and_steps() -> None:
    values = simulate(SimulatedStudy(SLIDER, (SimulatedRater("a", noise=3.0),), 1_000), seed=0).values
    assert values.min() >= 0
    assert values.max() <= 100
    assert (values == np.round(values)).all()


@pytest.mark.parametrize(
    "wrong",
    [{"n_units": 0}, {"repeats": 0}, {"cluster_size": 0}, {"cluster_share": 2.0}, {"shares": (0.5, 0.6)},
     {"raters": ()}, {"raters": (STEADY[0], STEADY[0])}, {"raters": (SimulatedRater("a", noise=-1.0),)},
     {"raters": (SimulatedRater("a", missing=1.5),)}, {"scale": DeclaredScale(ScaleKind.INTERVAL)}],
)  # fmt: skip
def test_what_cannot_be_simulated_is_refused(wrong: dict[str, object]) -> None:
    fine = {"scale": pass_fail(), "raters": STEADY, "n_units": 10}
    with pytest.raises(BadInput):
        SimulatedStudy(**fine | wrong)  # type: ignore[arg-type]
