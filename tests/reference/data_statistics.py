"""The Gini index from its definition by pairs."""

from collections.abc import Sequence


def gini_by_pairs(amounts: Sequence[float]) -> float:
    """Mean absolute difference of all pairs over twice the mean, after the shift of `gini_index`."""
    shift = 1e-7 - min(0.0, *amounts)
    shifted = [amount + shift for amount in amounts]
    n = len(shifted)
    differences = sum(abs(a - b) for a in shifted for b in shifted)
    return differences / (2 * n * sum(shifted))
