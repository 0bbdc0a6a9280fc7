import gc
import threading

import numpy as np
import pytest
import scipy.sparse as sps

from Recommenders.MatrixFactorization.PyTorch._epochs import shuffled_epochs
from Recommenders.MatrixFactorization.PyTorch._epochs.shuffle_kernel import shuffle_bucket
from Recommenders.MatrixFactorization.PyTorch._epochs.shuffled_epochs import (
    PACKED,
    WIDE,
    ShuffledEpochs,
    columns,
    fresh_seed,
    order_state,
    record_type,
    shuffle_ratings,
    start_generator,
)
from tests.recommenders.matrix_factorization.engines import few_ratings
from tests.reference.shuffle import Xoshiro256, unpack
from tests.reference.shuffle import epoch_order as slow_order


def URM_with(*ratings, shape=(3, 4)):
    return sps.csr_matrix((np.array(ratings, dtype=np.float32), (np.arange(len(ratings)), [0] * len(ratings))), shape)


@pytest.mark.parametrize("ratings", [(1, 5), (0.5, 4.5), (-3, 256), (1e38, 0.25)])
def test_short_ratings_are_packed(ratings):
    rounded = np.array(ratings, dtype=np.float32).view(np.uint32) & 0xFFFF0000
    assert record_type(URM_with(*rounded.view(np.float32))) == PACKED


@pytest.mark.parametrize("ratings", [(1, 4.1), (3, 257), (np.float32(1) + np.finfo(np.float32).eps,)])
def test_long_ratings_are_not(ratings):
    assert record_type(URM_with(*ratings)) == WIDE


def test_ids_beyond_24_bits_are_not():
    assert record_type(URM_with(1, shape=(1 << 24, 1))) == PACKED
    assert record_type(URM_with(1, shape=((1 << 24) + 1, 1))) == WIDE
    assert record_type(URM_with(1, shape=(1, (1 << 24) + 1))) == WIDE


@pytest.mark.parametrize("records", [PACKED, WIDE])
def test_the_kernel_has_the_record_types_of_numpy(records):
    before = np.frombuffer(bytes(range(3 * np.dtype(records).itemsize)), dtype=records)
    after = before.copy()
    shuffle_bucket(order_state(1, 1), after)
    assert sorted(after.tolist()) == sorted(before.tolist())


@pytest.mark.parametrize(
    "fields",
    [
        [("user", np.int32), ("item", np.int32), ("rating", np.float64)],
        [("user", np.int32), ("rating", np.float32), ("item", np.int32)],
        {"names": ["user", "item", "rating"], "formats": ["i4", "i4", "f4"], "offsets": [0, 4, 12]},
        {"names": ["user", "item", "rating"], "formats": ["i4", "i4", "f4"], "offsets": [0, 4, 8], "itemsize": 16},
        np.float64,
        np.uint32,
    ],
)
def test_the_kernel_refuses_records_of_another_size_or_with_fields_elsewhere(fields):
    with pytest.raises((TypeError, ValueError)):
        shuffle_bucket(order_state(1, 1), np.zeros(3, dtype=fields))


def test_a_packed_record_is_read_as_it_is_laid_out():
    users, items = np.array([0, 1, (1 << 24) - 1]), np.array([(1 << 24) - 1, 2, 0])
    URM = sps.csr_matrix((np.array([0.5, -3, 256], np.float32), (users, items)), shape=(1 << 24, 1 << 24))
    records = np.empty(3, dtype=PACKED)
    shuffle_ratings(URM, 1, 1, records)
    read = list(zip(*(column.tolist() for column in columns(records))))
    assert read == [unpack(record) for record in records.tolist()]
    assert sorted(read) == sorted(zip(users.tolist(), items.tolist(), [0.5, -3.0, 256.0]))


def numbered_URM(n_ratings, index_dtype=np.int32):
    """A matrix whose entry k has the rating k, in rows of 0 to 4 entries; it needs wide records."""
    lengths = np.resize([0, 3, 0, 0, 1, 4], n_ratings + 6).cumsum()
    indptr = np.concatenate([[0], np.minimum(lengths, n_ratings)])
    URM = sps.csr_matrix((len(indptr) - 1, 5), dtype=np.float32)
    URM.data = np.arange(n_ratings, dtype=np.float32)
    URM.indices = (np.arange(n_ratings) - indptr[np.searchsorted(indptr, np.arange(n_ratings), "right") - 1]).astype(
        index_dtype
    )
    URM.indptr = indptr.astype(index_dtype)
    return URM


def epoch_order(n_ratings, random_seed, epoch):
    records = np.empty(n_ratings, dtype=WIDE)
    shuffle_ratings(numbered_URM(n_ratings), random_seed, epoch, records)
    return records["rating"].astype(np.int64)


@pytest.fixture(params=[None, 16], ids=["one slice", "slices of 16"])
def _slices(request, monkeypatch):
    if request.param is not None:
        monkeypatch.setattr(shuffled_epochs, "_SLICE", request.param)


@pytest.mark.usefixtures("_slices")
@pytest.mark.parametrize("n_ratings", [1, 2, 7, 8, 9, 1000, 20_000])
def test_the_order_equals_the_slow_one(n_ratings):
    expected = slow_order(n_ratings, [int(word) for word in order_state(7, 3)])
    np.testing.assert_array_equal(epoch_order(n_ratings, 7, 3), expected)


def test_the_generator_is_xoshiro256_plus_plus():
    # the first outputs of the authors' program from the state 1, 2, 3, 4
    generator = Xoshiro256([1, 2, 3, 4])
    assert [generator.draw() for _ in range(3)] == [41943041, 58720359, 3588806011781223]


@pytest.mark.usefixtures("_slices")
@pytest.mark.parametrize("index_dtype", [np.int32, np.int64])
def test_every_rating_is_there_once_with_its_user_and_item(index_dtype):
    URM = numbered_URM(3000, index_dtype)
    records = np.empty(URM.nnz, dtype=WIDE)
    shuffle_ratings(URM, 1, 1, records)
    in_order = np.sort(records, order="rating")
    coo = URM.tocoo()
    for name, expected in (("user", coo.row), ("item", coo.col), ("rating", coo.data)):
        np.testing.assert_array_equal(in_order[name], expected)


@pytest.mark.usefixtures("_slices")
def test_packed_records_are_the_wide_ones():
    URM = numbered_URM(3000)
    URM.data = np.random.default_rng(0).choice([-1.5, 0.5, 3.0, 5.0], 3000).astype(np.float32)
    packed, wide = np.empty(3000, dtype=PACKED), np.empty(3000, dtype=WIDE)
    for records in (packed, wide):
        shuffle_ratings(URM, 1, 1, records)
    for first, second in zip(columns(packed), columns(wide)):
        assert first.dtype == second.dtype and first.flags.c_contiguous and second.flags.c_contiguous
        np.testing.assert_array_equal(first, second)


def test_an_order_depends_on_seed_and_epoch_alone():
    first = epoch_order(1000, 7, 3)
    np.random.default_rng().random(10)
    np.testing.assert_array_equal(first, epoch_order(1000, 7, 3))
    assert not np.array_equal(first, epoch_order(1000, 7, 4))
    assert not np.array_equal(first, epoch_order(1000, 8, 3))


def test_neighbours_do_not_stay_neighbours():
    position = np.argsort(epoch_order(20_000, 3, 1))
    assert abs(np.corrcoef(position[:-1], position[1:])[0, 1]) < 0.03
    assert abs(np.corrcoef(position, np.arange(20_000))[0, 1]) < 0.03


@pytest.mark.parametrize("n_ratings", [3, 4])
def test_every_order_is_equally_likely(n_ratings):
    n_orders = {3: 6, 4: 24}[n_ratings]
    draws = 500 * n_orders
    weights = 10 ** np.arange(n_ratings)
    orders = [int(epoch_order(n_ratings, 0, epoch) @ weights) for epoch in range(draws)]
    counts = np.unique(orders, return_counts=True)[1]
    assert len(counts) == n_orders
    assert np.abs(counts - 500).max() < 5 * np.sqrt(500)


def test_every_rating_is_equally_likely_at_every_place():
    # 600 ratings fill the buckets unevenly, so that the shuffling inside them counts too
    n_ratings, n_epochs = 600, 3000
    thirds = np.zeros((3, 3))
    for epoch in range(n_epochs):
        order = epoch_order(n_ratings, 5, epoch)
        thirds += np.bincount(3 * (np.arange(n_ratings) // 200) + order // 200, minlength=9).reshape(3, 3)
    assert np.abs(thirds / (n_epochs * 200 / 3) - 1).max() < 0.01


def test_a_stop_ends_the_work():
    stop = threading.Event()
    stop.set()
    records = np.zeros(1000, dtype=WIDE)
    shuffle_ratings(numbered_URM(1000), 1, 1, records, stop)
    assert not records["rating"].any()


def test_starting_values_and_orders_come_from_different_streams():
    state = start_generator(7).bit_generator.seed_seq.generate_state(4, np.uint64)
    assert not set(state) & set(order_state(7, 1))


def test_the_global_state_is_not_touched():
    np.random.seed(0)
    epoch_order(10, 1, 1)
    start_generator(1).random()
    fresh_seed()
    after = np.random.random()
    np.random.seed(0)
    assert after == np.random.random()


def test_fresh_seeds_differ():
    assert fresh_seed() != fresh_seed()


@pytest.mark.parametrize("epochs", [[1, 2, 3], [1, 2, 1], [5, 4], [1, 1]])
def test_shuffling_ahead_changes_nothing(epochs):
    URM = few_ratings()
    ahead, alone = ShuffledEpochs(URM, 7, ahead=True), ShuffledEpochs(URM, 7, ahead=False)
    for epoch in epochs:
        np.testing.assert_array_equal(ahead.records(epoch), alone.records(epoch))


def test_the_records_stay_while_the_next_epoch_is_shuffled():
    epochs = ShuffledEpochs(few_ratings(), 7, ahead=True)
    records = epochs.records(1)
    before = records.copy()
    epochs._pending[1].result()
    np.testing.assert_array_equal(records, before)


def test_an_error_of_the_thread_is_raised_by_the_next_call(monkeypatch):
    epochs = ShuffledEpochs(few_ratings(), 7, ahead=True)

    def fail(*_):
        raise MemoryError("in the thread")

    epochs.records(1)
    epochs._pending[1].result()
    monkeypatch.setattr(shuffled_epochs, "shuffle_ratings", fail)
    epochs.records(2)
    with pytest.raises(MemoryError, match="in the thread"):
        epochs.records(3)


def test_the_thread_ends_with_the_epochs():
    epochs = ShuffledEpochs(few_ratings(), 7, ahead=True)
    epochs.records(1)
    thread = next(iter(epochs._worker._threads))
    stop = epochs._stop
    del epochs
    gc.collect()
    thread.join(10)
    assert not thread.is_alive() and stop.is_set()
