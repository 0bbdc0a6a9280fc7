"""The random choices of a training: starting values and the order of the ratings in each epoch.

Every choice comes from a generator that is made from (random_seed, stream, epoch), so that all engines and devices
see the same ones, and an epoch's order can be had without those before it.
"""

import numpy as np
from numpy.typing import NDArray

_START, _ORDER = 0, 1  # streams
_BUCKET = 1 << 17  # ratings in a bucket: 1 MB of order; 65,535 buckets are enough for 8 billion ratings


def fresh_seed() -> int:
    """A seed from the operating system's entropy."""
    return int(np.random.SeedSequence().generate_state(1, np.uint64)[0])


def start_generator(random_seed: int) -> np.random.Generator:
    """The generator of the parameters' starting values."""
    return _generator(random_seed, _START)


def epoch_order(n_ratings: int, random_seed: int, epoch: int) -> NDArray[np.int64]:
    """A uniform random permutation of 0..n_ratings-1, int64: the order of the ratings in an epoch (from 1).

    Every rating draws one of many buckets, and each bucket is shuffled in the cache (Rao 1961, Sandelius 1962). The
    longest step, between which an interrupt is answered, is the sort into buckets.
    """
    generator = _generator(random_seed, _ORDER, epoch)
    n_buckets = 1 + n_ratings // _BUCKET
    buckets = generator.integers(0, n_buckets, n_ratings, dtype=np.uint16)
    order = np.argsort(buckets, kind="stable")
    ends = np.cumsum(np.bincount(buckets, minlength=n_buckets))
    for start, end in zip([0, *ends[:-1]], ends):
        generator.shuffle(order[start:end])
    return order


def _generator(random_seed: int, *key: int) -> np.random.Generator:
    return np.random.default_rng(np.random.SeedSequence(random_seed, spawn_key=key))
