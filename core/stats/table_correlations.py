"""Correlations of two raters as functions of their q x q table, for many tables at once; options stand in order."""

import numpy as np

from core.stats.arrays import FloatArray, ratio


def pearson(tables: FloatArray, values: FloatArray) -> FloatArray:
    """Product-moment correlation of the values of the options."""
    every = np.broadcast_to(values, (len(tables), len(values)))
    return _correlation(tables, every, every)


def spearman(tables: FloatArray) -> FloatArray:
    """Correlation of mid-ranks."""
    return _correlation(tables, _midranks(tables.sum(axis=2)), _midranks(tables.sum(axis=1)))


def kendall_tau_b(tables: FloatArray) -> FloatArray:
    """Tau-b: (concordant - discordant) / sqrt((pairs untied in rows) (pairs untied in columns))."""
    below = np.cumsum(tables[:, ::-1], axis=1)[:, ::-1] - tables
    right = np.cumsum(below[:, :, ::-1], axis=2)[:, :, ::-1] - below
    left = np.cumsum(below, axis=2) - below
    balance = 2 * np.sum(tables * (right - left), axis=(1, 2))
    n, rows, columns = tables.sum(axis=(1, 2)), tables.sum(axis=2), tables.sum(axis=1)
    return ratio(balance, np.sqrt((n**2 - np.sum(rows**2, axis=1)) * (n**2 - np.sum(columns**2, axis=1))))


def _midranks(margin: FloatArray) -> FloatArray:
    return np.cumsum(margin, axis=1) - (margin - 1) / 2


def _correlation(tables: FloatArray, x: FloatArray, y: FloatArray) -> FloatArray:
    """Correlation of row scores x and column scores y (S x q each); undefined where one does not vary."""
    n, rows, columns = tables.sum(axis=(1, 2)), tables.sum(axis=2), tables.sum(axis=1)
    x = x - ratio(np.sum(rows * x, axis=1), n)[:, None]
    y = y - ratio(np.sum(columns * y, axis=1), n)[:, None]
    vary = (np.sum(rows > 0, axis=1) > 1) & (np.sum(columns > 0, axis=1) > 1)
    spread_of = np.sqrt(np.sum(rows * x**2, axis=1) * np.sum(columns * y**2, axis=1))
    value = ratio(np.sum(tables * x[:, :, None] * y[:, None, :], axis=(1, 2)), spread_of)
    return np.where(vary, value, np.nan)
