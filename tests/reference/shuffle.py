"""The order of an epoch in plain Python: random buckets, each shuffled (Rao 1961, Sandelius 1962)."""

import struct

_MASK = 2**64 - 1


class Xoshiro256:
    """xoshiro256++ (Blackman, Vigna 2021)."""

    def __init__(self, state: list[int]) -> None:
        self.a, self.b, self.c, self.d = state

    def draw(self) -> int:
        result = (_rotate_left((self.a + self.d) & _MASK, 23) + self.a) & _MASK
        shifted = (self.b << 17) & _MASK
        self.c ^= self.a
        self.d ^= self.b
        self.b ^= self.c
        self.a ^= self.d
        self.c ^= shifted
        self.d = _rotate_left(self.d, 45)
        return result

    def scale(self, bits: int, bound: int) -> int:
        """32 random bits as one of 0..bound-1; what is left over when 2^32 are dealt to `bound` is drawn again."""
        while bits * bound % 2**32 < 2**32 % bound:
            bits = self.draw() >> 32
        return bits * bound >> 32


def _rotate_left(x: int, k: int) -> int:
    return ((x << k) | (x >> (64 - k))) & _MASK


def epoch_order(n_ratings: int, state: list[int]) -> list[int]:
    """The permutation of 0..n_ratings-1 that this generator's state stands for."""
    generator = Xoshiro256(state)
    buckets: list[list[int]] = [[] for _ in range(256)]
    for first in range(0, n_ratings, 8):
        bits = generator.draw()
        for k in range(first, min(first + 8, n_ratings)):
            buckets[bits % 256].append(k)
            bits //= 256
    for bucket in buckets:
        bits = 0
        for swap, last in enumerate(range(len(bucket) - 1, 0, -1)):
            bits = bits >> 32 if swap % 2 else generator.draw()  # the lower half serves one swap, the upper the next
            partner = generator.scale(bits % 2**32, last + 1)
            bucket[last], bucket[partner] = bucket[partner], bucket[last]
    return [k for bucket in buckets for k in bucket]


def unpack(record: int) -> tuple[int, int, float]:
    """User, item and rating of a packed record: 24 bits, 24 bits and the upper half of a float32."""
    (rating,) = struct.unpack("<f", struct.pack("<I", record % 2**16 * 2**16))
    return record >> 40, record >> 16 & 0xFFFFFF, rating
