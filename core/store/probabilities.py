"""The probabilities that a rater gave to the options. Takes the `session` of a transaction that the caller opened."""

from collections.abc import Collection, Mapping

from sqlmodel import Session, col, select

from core.models.ratings import Rating
from core.store.studies import visible


def read_probabilities(
    study_id: int, rater_id: int, criterion_ids: Collection[int], *, session: Session
) -> Mapping[int, Mapping[str, float]]:
    """Rating id -> option key -> probability, of every rating of one rater that has them."""
    query = select(Rating.id, Rating.probabilities).where(
        Rating.study_id == study_id,
        Rating.rater_id == rater_id,
        col(Rating.criterion_id).in_(list(criterion_ids)),
        col(Rating.probabilities).is_not(None),
        visible(Rating, study_id=study_id),
    )
    return {found or 0: shares for found, shares in session.exec(query) if shares}
