"""A uniform random order of ratings: scattered into random buckets, then each bucket shuffled in the cache.

Every rating draws its bucket, and every order inside a bucket is as likely as any other (Rao 1961, Sandelius 1962).
The generator is xoshiro256++ (Blackman, Vigna 2021); its state of four uint64, not all zero, is the caller's.
"""

from libc.stdint cimport int32_t, int64_t, uint32_t, uint64_t

cdef extern from "compiler.h" nogil:
    void PREFETCH(const void* address)
    bint UNLIKELY(bint condition)

cdef enum:
    BUCKET_BITS = 8
    BUCKETS_PER_DRAW = 64 // BUCKET_BITS
    AHEAD = 128  # partners that are drawn and fetched before the first of them is needed; even

cdef extern from "records.hpp" nogil:
    struct WideRecord:
        int32_t user
        int32_t item
        float rating

    const int ID_BITS
    const int RATING_BITS
    void write_record(uint64_t* record, int64_t user, int64_t item, float rating)
    void write_record(WideRecord* record, int64_t user, int64_t item, float rating)
    int64_t user_of(uint64_t record)
    int64_t user_of(const WideRecord& record)
    int64_t item_of(uint64_t record)
    int64_t item_of(const WideRecord& record)
    float rating_of(uint64_t record)
    float rating_of(const WideRecord& record)

ctypedef fused record:
    uint64_t
    WideRecord

ctypedef fused index:
    int32_t
    int64_t


cdef inline uint64_t _rotate_left(uint64_t bits, int distance) noexcept nogil:
    return (bits << distance) | (bits >> (64 - distance))


cdef inline uint64_t _draw(uint64_t[::1] state) except? 0 nogil:
    cdef uint64_t result = _rotate_left(state[0] + state[3], 23) + state[0]
    cdef uint64_t shifted = state[1] << 17

    state[2] ^= state[0]
    state[3] ^= state[1]
    state[1] ^= state[2]
    state[0] ^= state[3]
    state[2] ^= shifted
    state[3] = _rotate_left(state[3], 45)
    return result


cdef inline uint32_t _scale(uint64_t[::1] state, uint32_t draw, uint32_t bound) except? 0 nogil:
    """Scale a uniform draw of 32 bits to one of 0..bound-1, each exactly as likely as the others (Lemire 2019)."""
    cdef uint64_t product = <uint64_t> draw * bound
    cdef uint32_t too_low

    if UNLIKELY(<uint32_t> product < bound):
        too_low = (<uint32_t> 0 - bound) % bound
        while <uint32_t> product < too_low:
            product = (_draw(state) >> 32) * bound
    return <uint32_t> (product >> 32)


N_PACKED_IDS = 1 << ID_BITS  # users or items that a packed record tells apart
DROPPED_BITS = (1 << RATING_BITS) - 1  # the bits of a float32 rating that a packed record drops


def count_buckets(
    uint64_t[::1] state,  # (4,), updated
    Py_ssize_t n_ratings,  # a multiple of 8 but for the last part of the ratings
    int64_t[::1] sizes,  # (256,), updated
):
    """Add to `sizes` how many of the next ratings fall into each bucket; the state goes on as in `scatter_ratings`.

    Equivalent to::

        draws = [draw(state) for _ in range(ceil(n_ratings / 8))]
        sizes += np.bincount(np.array(draws, dtype="<u8").view(np.uint8)[:n_ratings], minlength=256)
    """
    cdef Py_ssize_t n_left = n_ratings, k
    cdef uint64_t bits

    with nogil:
        while n_left > 0:
            bits = _draw(state)
            for k in range(min(n_left, <Py_ssize_t> BUCKETS_PER_DRAW)):
                sizes[bits & ((1 << BUCKET_BITS) - 1)] += 1
                bits >>= BUCKET_BITS
            n_left -= BUCKETS_PER_DRAW


def scatter_ratings(
    uint64_t[::1] state,  # (4,), updated
    const index[::1] indptr,  # of the matrix, as indices and data
    const index[::1] indices,
    const float[::1] data,
    Py_ssize_t row,  # of entry `begin`
    Py_ssize_t begin,
    Py_ssize_t end,  # a multiple of 8 after `begin` but for the last part of the ratings
    int64_t[::1] positions,  # (256,), updated: where each bucket goes on
    record[::1] records,  # (n,) of PACKED or WIDE records, written
):
    """Write the entries `begin`..`end`-1 of a CSR matrix to the next free places of their buckets.

    Equivalent to, with the buckets drawn as in `count_buckets`::

        for k, bucket in zip(range(begin, end), buckets):
            records[positions[bucket]] = row of k, indices[k], data[k]
            positions[bucket] += 1
    """
    cdef Py_ssize_t k = begin, row_end
    cdef int64_t bucket
    cdef uint64_t bits = 0

    with nogil:
        while k < end:
            row_end = min(<Py_ssize_t> indptr[row + 1], end)
            while k < row_end:
                if (k - begin) % BUCKETS_PER_DRAW == 0:
                    bits = _draw(state)
                bucket = bits & ((1 << BUCKET_BITS) - 1)
                bits >>= BUCKET_BITS
                write_record(&records[positions[bucket]], row, indices[k], data[k])
                positions[bucket] += 1
                k += 1
            row += 1


def shuffle_bucket(uint64_t[::1] state, record[::1] records):
    """Put the records into a uniform random order, in place (Fisher, Yates 1938; Durstenfeld 1964).

    Equivalent to::

        for last in range(len(records) - 1, 0, -1):
            partner = uniform in 0..last, from the lower and the upper half of each draw in turn
            records[[last, partner]] = records[[partner, last]]

    for the state (4,), updated, and (n,) PACKED or WIDE records, n < 2**32.
    """
    cdef Py_ssize_t last = records.shape[0] - 1
    cdef Py_ssize_t n_drawn, k
    cdef uint64_t bits = 0
    cdef uint32_t[AHEAD] partners
    cdef record moved

    with nogil:
        while last > 0:
            n_drawn = min(last, <Py_ssize_t> AHEAD)
            for k in range(n_drawn):
                bits = bits >> 32 if k % 2 else _draw(state)
                partners[k] = _scale(state, <uint32_t> bits, <uint32_t> (last - k + 1))
                PREFETCH(&records[partners[k]])
            for k in range(n_drawn):
                moved = records[last]
                records[last] = records[partners[k]]
                records[partners[k]] = moved
                last -= 1


def read_records(record[::1] records, int32_t[::1] users, int32_t[::1] items, float[::1] ratings):
    """Write the users, items and ratings of (n,) records into three arrays of shape (n,)."""
    cdef Py_ssize_t k

    with nogil:
        for k in range(records.shape[0]):
            users[k] = <int32_t> user_of(records[k])
            items[k] = <int32_t> item_of(records[k])
            ratings[k] = rating_of(records[k])
