"""Rankings of systems from preferences between their outputs: each rating in force is one game."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import numpy as np

from core.errors import BadInput
from core.scales import ScaleKind
from core.stats.games import Games
from core.stats.rankings import Ranking, elo, ranking, strength_shares
from core.store.pair_systems import read_pair_systems
from core.workflow.agreement_answers import shown_rows
from core.workflow.agreement_view import RESAMPLES, AgreementView
from core.workflow.workspace import Workspace

_POINTS = {"A": 1.0, "tie": 0.5, "B": 0.0}


@dataclass(frozen=True, slots=True)
class SystemGames:
    """Preferences as games between systems.

    Attributes:
        games: Left is the system of output A; in the order in which the ratings were written or brought in. Those of
            one item, or cluster of items, hang together.
        n_outside: Ratings that are no game: "both bad", which is outside the order, and a system against itself.
    """

    games: Games
    n_outside: int


@dataclass(frozen=True, slots=True)
class SystemRankings:
    """Systems ranked from the same games.

    Attributes:
        played: The games.
        bradley_terry: Log strengths.
        average_win_rate: Mean over opponents of the win rate against each, ties half.
        strength_shares: System -> share of all Bradley-Terry strength, as published tables print it; NaN where there
            are no strengths.
        elo: System -> rating after all games in their order. It depends on that order: it is there to reproduce
            published tables, and no page offers it.
    """

    played: SystemGames
    bradley_terry: Ranking
    average_win_rate: Ranking
    strength_shares: Mapping[str, float]
    elo: Mapping[str, float]


def system_games(workspace: Workspace, view: AgreementView, rater_ids: Collection[int] | None = None) -> SystemGames:
    """The preferences of some raters as games.

    Args:
        workspace: The outside world.
        view: Agreement on a preference; its filter holds.
        rater_ids: Whose preferences; the chosen people's where None.

    Raises:
        BadInput: The question asks for no preference.
    """
    scale, cells = view.question.scale, view.cells
    if scale.kind is not ScaleKind.PREFERENCE:
        raise BadInput(where="criterion", found=f"a {scale.kind.value} scale", expected="a preference between outputs")
    with workspace.database.reading() as session:
        pairs = read_pair_systems(view.study_id, session=session)
    people = [line.id for line in view.raters if line.is_person]
    rows = shown_rows(view, people if rater_ids is None else rater_ids)
    rows = rows[np.argsort(cells.current.rating[rows], kind="stable")]
    points = np.array([_POINTS.get(key, np.nan) for key in scale.keys])[cells.values[rows].astype(np.int64)]
    unit = cells.unit[rows]
    place = np.searchsorted(pairs.subject, cells.subject[unit])
    left, right = pairs.a[place], pairs.b[place]
    played = ~np.isnan(points) & (left != right)
    left, right, unit = left[played], right[played], unit[played]
    met = np.unique(np.concatenate([left, right]))
    names = np.array(pairs.systems, dtype=object)
    games = Games.of(
        names[left].tolist(),
        names[right].tolist(),
        points[played],
        players=names[met].tolist(),
        clusters=unit if cells.cluster is None else cells.cluster[unit],
    )
    return SystemGames(games, int(np.sum(~played)))


def system_rankings(played: SystemGames, *, seed: int, k: float = 4.0, resamples: int = RESAMPLES) -> SystemRankings:
    """Rank systems by strength, by average win rate, and by Elo.

    Args:
        played: The games.
        seed: Seed of the bootstrap.
        k: How far one game moves an Elo rating.
        resamples: Bootstrap resamples of items; 0 for values and standard errors only.
    """
    games = played.games
    strongest = ranking(games, "bradley_terry", seed=seed, resamples=resamples)
    score = {each.player: each.score.value for each in strongest.players}
    logs = np.array([np.nan if score[name] is None else score[name] for name in games.players], np.float64)
    shares = logs if strongest.reason is not None else strength_shares(logs)
    return SystemRankings(
        played=played,
        bradley_terry=strongest,
        average_win_rate=ranking(games, "average_win_rate", seed=seed, resamples=resamples),
        strength_shares=dict(zip(games.players, shares.tolist(), strict=True)),
        elo=dict(zip(games.players, elo(games, k=k).tolist(), strict=True)),
    )
