"""The k-core of a dense matrix, one user or item at a time."""

import numpy as np


def k_core_by_single_removals(dense: np.ndarray, k: int) -> tuple[list[int], list[int]]:
    """Removed users and items: as long as there is somebody with fewer than k interactions, the first one goes."""
    dense = dense.copy()
    removed_users: set[int] = set()
    removed_items: set[int] = set()
    while True:
        weak_users = [u for u in range(dense.shape[0]) if u not in removed_users and (dense[u] != 0).sum() < k]
        weak_items = [i for i in range(dense.shape[1]) if i not in removed_items and (dense[:, i] != 0).sum() < k]
        if weak_users:
            dense[weak_users[0]] = 0
            removed_users.add(weak_users[0])
        elif weak_items:
            dense[:, weak_items[0]] = 0
            removed_items.add(weak_items[0])
        else:
            return sorted(removed_users), sorted(removed_items)
