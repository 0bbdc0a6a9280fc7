"""Rankings the slow way."""

import math

import numpy as np


def top_k(scores: np.ndarray, k: int) -> list[list[int]]:
    """Per row the ids sorted by (-score, id), without those of score -inf, the first k."""
    rankings = []
    for row in scores.tolist():
        candidates = [item for item, score in enumerate(row) if score != -math.inf]
        rankings.append(sorted(candidates, key=lambda item, row=row: (-row[item], item))[:k])
    return rankings
