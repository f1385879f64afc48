"""The rating table: who rated which unit how, in codes of the declared scale. The input of every agreement number."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from core.errors import BadInput
from core.scales import MISSING, DeclaredScale
from core.stats.arrays import FloatArray, IntArray

RaterId = str | int
Values = NDArray[np.int16] | FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class RatingTable:
    """Ratings of units by raters, kept as one entry a rating (a crowd fills a units x raters array to a few percent).

    Build it with `from_codes`, `from_triples`, `from_counts`, `from_numbers` or `from_raw`.

    Attributes:
        scale: The declared scale; its options are the codes 0..q-1.
        n_units: Units, unrated ones included.
        units: Unit of each rating, rising.
        raters: Rater of each rating (index into `rater_ids`); None when raters are anonymous seats.
        values: Code of each rating; the number itself on a scale of free numbers.
        rater_ids: Names of the raters; empty when anonymous.
        unit_ids: Names of the units; None when they go by position.
        clusters: Cluster 0..c-1 of each unit; None when every unit stands alone.
        n_invalid: Values that were not on the scale and count as missing.
    """

    scale: DeclaredScale
    n_units: int
    units: NDArray[np.int32]
    raters: NDArray[np.int32] | None
    values: Values
    rater_ids: tuple[RaterId, ...] = ()
    unit_ids: NDArray[np.generic] | None = None
    clusters: IntArray | None = None
    n_invalid: int = 0

    @classmethod
    def from_triples(  # noqa: PLR0913 - each names one column of the file it comes from
        cls,
        units: ArrayLike,
        raters: ArrayLike | None,
        values: ArrayLike,
        scale: DeclaredScale,
        *,
        n_units: int,
        rater_ids: Sequence[RaterId] = (),
        unit_ids: ArrayLike | None = None,
        clusters: ArrayLike | None = None,
        n_invalid: int = 0,
    ) -> "RatingTable":
        """A table from one (unit, rater, value) entry a rating.

        Args:
            units: Unit 0..n_units-1 of each rating, in any order.
            raters: Rater index of each rating; None for anonymous seats.
            values: Code of each rating, `MISSING` (any negative code) where there is none; on a scale of free numbers
                the number, NaN where there is none.
            scale: The declared scale.
            n_units: Units, unrated ones included.
            rater_ids: Names of the raters; default 0, 1, 2, ...
            unit_ids: Names of the units.
            clusters: Cluster of each unit, as numbers or names.
            n_invalid: Values already found off the scale.

        Raises:
            BadInput: A code or an index is out of range, lengths differ, or a rater rated a unit twice.
        """
        unit = np.asarray(units).astype(np.int32, copy=False)
        rater = None if raters is None else np.asarray(raters).astype(np.int32, copy=False)
        value, kept, off_scale = _read_values(values, scale)
        _check_lengths(unit, rater, value)
        if not kept.all():
            unit, value, rater = unit[kept], value[kept], None if rater is None else rater[kept]
        _check_range("unit index", unit, n_units)
        if rater is not None:
            n_raters = len(rater_ids) or int(rater.max(initial=-1)) + 1
            rater_ids = tuple(rater_ids) or tuple(range(n_raters))
            _check_range("rater index", rater, n_raters)
            unit, rater, value = _in_order(unit, rater, value, n_raters)
        elif np.any(unit[1:] < unit[:-1]):
            order = np.argsort(unit, kind="stable")
            unit, value = unit[order], value[order]
        return cls(
            scale=scale,
            n_units=n_units,
            units=unit,
            raters=rater,
            values=value,
            rater_ids=tuple(rater_ids) if rater is not None else (),
            unit_ids=_names("unit_ids", unit_ids, n_units),
            clusters=_cluster_numbers(clusters, n_units),
            n_invalid=n_invalid + off_scale,
        )

    @classmethod
    def from_codes(
        cls,
        codes: ArrayLike,
        scale: DeclaredScale,
        *,
        rater_ids: Sequence[RaterId] = (),
        unit_ids: ArrayLike | None = None,
        clusters: ArrayLike | None = None,
        n_invalid: int = 0,
        anonymous: bool = False,
    ) -> "RatingTable":
        """A table from a units x raters array of codes, `MISSING` where there is no rating."""
        array = np.asarray(codes)
        if array.ndim != 2:
            raise BadInput(where="codes", found=f"{array.ndim} dimensions", expected="units x raters")
        units, raters, codes = _filled(array, array >= 0)
        return cls.from_triples(
            units,
            None if anonymous else raters,
            codes,
            scale,
            n_units=array.shape[0],
            rater_ids=() if anonymous else tuple(rater_ids) or tuple(range(array.shape[1])),
            unit_ids=unit_ids,
            clusters=clusters,
            n_invalid=n_invalid,
        )

    @classmethod
    def from_numbers(
        cls,
        numbers: ArrayLike,
        scale: DeclaredScale,
        *,
        rater_ids: Sequence[RaterId] = (),
        unit_ids: ArrayLike | None = None,
        clusters: ArrayLike | None = None,
        anonymous: bool = False,
    ) -> "RatingTable":
        """A table from a units x raters array of free numbers, NaN where there is no rating."""
        array = np.asarray(numbers, dtype=np.float64)
        if array.ndim != 2 or not scale.is_numeric:
            found = f"{array.ndim} dimensions on a scale of {len(scale.options)} options"
            raise BadInput(where="numbers", found=found, expected="units x raters on a scale of free numbers")
        units, raters, values = _filled(array, ~np.isnan(array))
        return cls.from_triples(
            units,
            None if anonymous else raters,
            values,
            scale,
            n_units=array.shape[0],
            rater_ids=() if anonymous else tuple(rater_ids) or tuple(range(array.shape[1])),
            unit_ids=unit_ids,
            clusters=clusters,
        )

    @classmethod
    def from_counts(
        cls,
        counts: ArrayLike,
        scale: DeclaredScale,
        *,
        unit_ids: ArrayLike | None = None,
        clusters: ArrayLike | None = None,
    ) -> "RatingTable":
        """A table of anonymous seats from units x options counts of ratings."""
        array = np.asarray(counts)
        if array.ndim != 2 or array.shape[1] != len(scale.options) or np.any(array < 0):
            found = f"an array of shape {array.shape}"
            raise BadInput(where="counts", found=found, expected=f"units x {len(scale.options)} counts of 0 or more")
        n_units, q = array.shape
        cells = np.repeat(np.arange(n_units * q), array.ravel())
        return cls.from_triples(
            cells // q, None, cells % q, scale, n_units=n_units, unit_ids=unit_ids, clusters=clusters
        )

    @classmethod
    def from_raw(
        cls,
        rows: Iterable[Sequence[object]],
        scale: DeclaredScale,
        *,
        rater_ids: Sequence[RaterId] = (),
        clusters: ArrayLike | None = None,
    ) -> "RatingTable":
        """A table from units x raters values as people wrote them, read by the scale.

        None is "not rated"; whatever else the scale cannot read (NaN, "", an unknown value) is missing and counted in
        `n_invalid`.
        """
        units: list[int] = []
        raters: list[int] = []
        values: list[float] = []
        n_units = n_invalid = width = 0
        for unit, row in enumerate(rows):
            n_units, width = unit + 1, max(width, len(row))
            for rater, raw in enumerate(row):
                read = scale.read(raw)
                if read is None:
                    n_invalid += raw is not None
                    continue
                units.append(unit)
                raters.append(rater)
                values.append(scale.code(read) if isinstance(read, str) else read)
        ids = tuple(rater_ids) or tuple(range(width))
        return cls.from_triples(
            units, raters, values, scale, n_units=n_units, rater_ids=ids, clusters=clusters, n_invalid=n_invalid
        )

    @property
    def anonymous(self) -> bool:
        """Whether it is unknown who gave which rating."""
        return self.raters is None

    @property
    def n_ratings(self) -> int:
        """Ratings with a value."""
        return len(self.values)

    @property
    def n_raters(self) -> int:
        """Named raters; 0 when anonymous."""
        return len(self.rater_ids)

    @property
    def codes(self) -> NDArray[np.int16]:
        """Code of each rating; only on a scale of options."""
        if self.values.dtype.kind != "i":
            raise ValueError("A scale of free numbers has no codes.")
        return self.values.astype(np.int16, copy=False)

    @property
    def numbers(self) -> FloatArray:
        """Number of each rating; only on a scale of free numbers."""
        if self.values.dtype.kind != "f":
            raise ValueError("A scale of options has codes, not numbers.")
        return self.values.astype(np.float64, copy=False)

    def ratings_per_unit(self) -> IntArray:
        """Number of ratings of every unit."""
        return np.bincount(self.units, minlength=self.n_units)

    def ratings_per_rater(self) -> IntArray:
        """Number of ratings of every named rater."""
        return np.bincount(self.known_raters(), minlength=self.n_raters)

    def answers(self) -> IntArray:
        """Array of named raters x options: how often each chose what; a single row for anonymous seats."""
        q = len(self.scale.options)
        cells = self.codes if self.raters is None else self.raters * np.int32(q) + self.codes
        n_rows = 1 if self.raters is None else self.n_raters
        return np.bincount(cells, minlength=n_rows * q).reshape(n_rows, q)

    def counts(self) -> NDArray[np.int32]:
        """Array of units x options: how many raters chose what."""
        q = len(self.scale.options)
        cells = self.units.astype(np.int64) * q + self.codes
        return np.bincount(cells, minlength=self.n_units * q).reshape(self.n_units, q).astype(np.int32)

    def matrix(self) -> Values:
        """Array of units x raters values, `MISSING` (NaN for numbers) where there is none. Big for a sparse crowd."""
        raters = self.known_raters()
        filler = MISSING if self.values.dtype.kind == "i" else np.nan
        dense = np.full((self.n_units, self.n_raters), filler, dtype=self.values.dtype)
        dense[self.units, raters] = self.values
        return dense

    def rater_index(self, rater_id: RaterId) -> int:
        """Index of a named rater.

        Raises:
            BadInput: Nobody has this name.
        """
        if rater_id not in self.rater_ids:
            expected = "one of " + ", ".join(str(known) for known in self.rater_ids[:12])
            raise BadInput(where="rater", found=str(rater_id), expected=expected)
        return self.rater_ids.index(rater_id)

    def of_raters(self, rater_ids: Sequence[RaterId]) -> "RatingTable":
        """The ratings of these raters, in this order, on all units."""
        chosen = [self.rater_index(rater_id) for rater_id in rater_ids]
        place = np.full(self.n_raters, -1, dtype=np.int32)
        place[chosen] = np.arange(len(chosen))
        rater = place[self.known_raters()]
        kept = rater >= 0
        unit, rater, value = _in_order(self.units[kept], rater[kept], self.values[kept], max(len(chosen), 1))
        return replace(self, units=unit, raters=rater, values=value, rater_ids=tuple(rater_ids), n_invalid=0)

    def of_units(self, chosen: NDArray[np.bool_]) -> "RatingTable":
        """The ratings of the units where `chosen` (one flag a unit) is true; clusters and names go along."""
        kept = chosen[self.units]
        place = (np.cumsum(chosen) - 1).astype(np.int32)
        return replace(
            self,
            n_units=int(chosen.sum()),
            units=place[self.units[kept]],
            raters=None if self.raters is None else self.raters[kept],
            values=self.values[kept],
            unit_ids=None if self.unit_ids is None else self.unit_ids[chosen],
            clusters=None if self.clusters is None else _cluster_numbers(self.clusters[chosen], int(chosen.sum())),
            n_invalid=0,
        )

    def known_raters(self) -> NDArray[np.int32]:
        """Rater of each rating.

        Raises:
            ValueError: The raters are anonymous.
        """
        if self.raters is None:
            raise ValueError("The raters of this table are anonymous seats.")
        return self.raters


def _filled(
    array: NDArray[np.generic], present: NDArray[np.bool_]
) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.generic]]:
    """Unit, rater and value of the filled cells, unit by unit; several times quicker than `nonzero` and masks."""
    places = np.flatnonzero(present)
    # Division is the slow part, and twice as quick on the half of the bits.
    small = places.astype(np.int32) if array.size < 2**31 else places
    units = small // max(array.shape[1], 1)
    return units.astype(np.int32), (small - units * array.shape[1]).astype(np.int32), array.ravel()[places]


def _read_values(values: ArrayLike, scale: DeclaredScale) -> tuple[Values, NDArray[np.bool_], int]:
    """Values in their final type, which of them are ratings, and how many were off the scale."""
    if scale.is_numeric:
        numbers = np.asarray(values, dtype=np.float64)
        low, high = (-np.inf if scale.low is None else scale.low), (np.inf if scale.high is None else scale.high)
        kept = np.isfinite(numbers) & (numbers >= low) & (numbers <= high)
        return numbers, kept, int(np.sum(~kept & ~np.isnan(numbers)))
    codes = np.asarray(values)
    if codes.size and codes.dtype.kind not in "iu" and not np.all(codes == np.floor(codes)):
        raise BadInput(where="codes", found=f"an array of {codes.dtype}", expected="whole numbers")
    if codes.max(initial=-1) >= len(scale.options):
        found, expected = f"code {codes.max()}", f"codes below {len(scale.options)}, negative for missing"
        raise BadInput(where="codes", found=found, expected=expected)
    return codes.astype(np.int16), codes >= 0, 0


def _check_lengths(*arrays: NDArray[np.generic] | None) -> None:
    lengths = [len(array) for array in arrays if array is not None]
    if len(set(lengths)) > 1:
        raise BadInput(where="units, raters and values", found=f"lengths {lengths}", expected="one length")


def _check_range(where: str, index: NDArray[np.int32], size: int) -> None:
    if len(index) and not (index.min() >= 0 and index.max() < size):
        raise BadInput(where=where, found=f"{index.min()} to {index.max()}", expected=f"0 to {size - 1}")


def _in_order(
    unit: NDArray[np.int32], rater: NDArray[np.int32], value: Values, n_raters: int
) -> tuple[NDArray[np.int32], NDArray[np.int32], Values]:
    """The entries by unit, then by rater.

    Raises:
        BadInput: A rater rated a unit twice.
    """
    rising = (unit[1:] > unit[:-1]) | ((unit[1:] == unit[:-1]) & (rater[1:] > rater[:-1]))
    if not rising.all():
        cell = unit.astype(np.int64) * n_raters + rater
        order = np.argsort(cell, kind="stable")
        unit, rater, value, cell = unit[order], rater[order], value[order], cell[order]
        twice = np.flatnonzero(cell[1:] == cell[:-1])
        if len(twice):
            found = f"unit {unit[twice[0]]} twice by rater {rater[twice[0]]}"
            raise BadInput(where="ratings", found=found, expected="one current rating a unit and rater")
    return unit, rater, value


def _names(where: str, names: ArrayLike | None, n_units: int) -> NDArray[np.generic] | None:
    if names is None:
        return None
    array: NDArray[np.generic] = np.asarray(names)
    if array.shape != (n_units,):
        raise BadInput(where=where, found=f"shape {array.shape}", expected=f"one for each of {n_units} units")
    return array


def _cluster_numbers(clusters: ArrayLike | None, n_units: int) -> IntArray | None:
    named = _names("clusters", clusters, n_units)
    if named is None:
        return None
    numbers: IntArray = np.unique(named, return_inverse=True)[1].astype(np.int64).reshape(-1)
    return numbers
