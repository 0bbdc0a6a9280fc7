"""The random choices of a training: starting values and the order of the ratings in each epoch.

Every choice comes from a generator that is made from (random_seed, stream, epoch), so that all engines and devices
see the same ones, and an epoch's order can be had without those before it.
"""

import numpy as np
from numpy.typing import NDArray

_START, _ORDER = 0, 1  # streams


def fresh_seed() -> int:
    """A seed from the operating system's entropy."""
    return int(np.random.SeedSequence().generate_state(1, np.uint64)[0])


def start_generator(random_seed: int) -> np.random.Generator:
    """The generator of the parameters' starting values."""
    return _generator(random_seed, _START)


def epoch_order(n_ratings: int, random_seed: int, epoch: int) -> NDArray[np.int64]:
    """A uniform random permutation of 0..n_ratings-1, int64: the order of the ratings in an epoch (from 1)."""
    return _generator(random_seed, _ORDER, epoch).permutation(n_ratings)


def _generator(random_seed: int, *key: int) -> np.random.Generator:
    return np.random.default_rng(np.random.SeedSequence(random_seed, spawn_key=key))
