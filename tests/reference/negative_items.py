"""Successive sampling without replacement, every order of draws one by one."""

from itertools import permutations


def set_probabilities(weights: dict[int, float], n: int) -> dict[frozenset[int], float]:
    """The probability of every set of n items: each next item with its share of the weights not drawn yet."""
    probabilities: dict[frozenset[int], float] = {}
    for order in permutations(weights, n):
        probability, left = 1.0, sum(weights.values())
        for item in order:
            probability *= weights[item] / left
            left -= weights[item]
        probabilities[frozenset(order)] = probabilities.get(frozenset(order), 0.0) + probability
    return probabilities
