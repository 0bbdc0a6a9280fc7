"""The host's metrics, of which the stand-in's evaluator needs one."""

import numpy as np


def average_precision(is_relevant):
    """Sum over the hits of the precision at their rank, divided by the length of the list."""
    if len(is_relevant) == 0:
        return 0.0
    precision_at_rank = np.cumsum(is_relevant) / np.arange(1, len(is_relevant) + 1)
    return float((precision_at_rank * is_relevant).sum() / len(is_relevant))
