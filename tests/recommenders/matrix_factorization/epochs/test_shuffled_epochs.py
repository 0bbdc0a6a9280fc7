import gc

import numpy as np
import pytest

from Recommenders.MatrixFactorization.PyTorch._epochs import shuffled_epochs as _shuffled_epochs
from Recommenders.MatrixFactorization.PyTorch._epochs.shuffled_epochs import ShuffledEpochs
from tests.recommenders.matrix_factorization.engines import few_ratings


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
    monkeypatch.setattr(_shuffled_epochs, "shuffle_ratings", fail)
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
