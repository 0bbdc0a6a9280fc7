import threading

import numpy as np
import pytest
import torch

from Recommenders.MatrixFactorization.PyTorch._torch_engine import (
    LARGEST_ONE_THREAD_BATCH,
    choose_threads,
    torch_threads,
)
from tests.recommenders.matrix_factorization import engines
from tests.recommenders.matrix_factorization.engines import batches_of, few_ratings, settings
from tests.reference import matrix_factorization as oracle


def make_engine(URM, **changes):
    return engines.make_engine("torch", URM, **changes)


def test_a_callable_loss_is_used():
    URM = few_ratings()
    engine, start = make_engine(URM, loss=torch.nn.HuberLoss(reduction="sum"), activation="identity")
    engine.run_epoch(1)
    expected = oracle.train(
        start._asdict(),
        batches_of(URM, 1, 16),
        sgd_mode="adagrad",
        learning_rate=0.1,
        activation="identity",
        loss_derivative=lambda prediction, rating: float(np.clip(prediction - rating, -1, 1)),
    )
    np.testing.assert_allclose(engine.parameters().item_factors, expected["item_factors"], atol=1e-5)


@pytest.mark.parametrize(
    ("loss", "got"),
    [
        (torch.nn.MSELoss(reduction="none"), r"a tensor of shape \(16,\)"),
        (lambda prediction, rating: 1.0, "a float"),
        (lambda prediction, rating: (prediction - rating).detach().sum(), "requires_grad=False"),
        (lambda prediction, rating: rating.sum(), "requires_grad=False"),
        (lambda prediction, rating: prediction.sum().long(), "torch.int64"),
        (lambda prediction, rating: prediction.sum() * 1j, "torch.complex64"),
    ],
)
def test_a_loss_that_is_no_scalar_tensor_of_the_prediction_is_refused(loss, got):
    URM = few_ratings()
    engine, _ = make_engine(URM, loss=loss)
    with pytest.raises(TypeError, match=f"scalar tensor.*got .*{got}"):
        engine.run_epoch(1)


def test_the_epoch_loss_is_summed_exactly():
    # float32 would lose every loss of 1 after the first of 2^25
    URM = few_ratings()
    losses = iter([2.0**25, 1.0, 1.0])
    engine, _ = make_engine(URM, loss=lambda prediction, rating: prediction.sum() * 0 + next(losses))
    assert engine.run_epoch(1) * URM.nnz == 2**25 + 2


def test_training_neither_reads_nor_moves_the_global_torch_state():
    URM = few_ratings()
    torch.manual_seed(1)
    engine, _ = make_engine(URM)
    engine.run_epoch(1)
    after = torch.rand(3)
    torch.manual_seed(1)
    assert torch.equal(after, torch.rand(3))


def test_the_number_of_threads_of_torch_is_as_before():
    URM = few_ratings()
    before = torch.get_num_threads()
    engine, _ = make_engine(URM, num_threads=before + 1)
    engine.run_epoch(1)
    assert torch.get_num_threads() == before


def test_a_small_batch_has_one_thread(monkeypatch):
    monkeypatch.setattr(torch, "get_num_threads", lambda: 7)
    assert choose_threads(settings(batch_size=LARGEST_ONE_THREAD_BATCH, num_factors=1)) == 1
    assert choose_threads(settings(batch_size=LARGEST_ONE_THREAD_BATCH, num_factors=2)) == 7
    assert choose_threads(settings(num_threads=3)) == 3


def test_overlapping_blocks_restore_the_number_of_threads():
    before = torch.get_num_threads()
    first, second = torch_threads(before + 1), torch_threads(before + 2)
    first.__enter__()
    second.__enter__()
    assert torch.get_num_threads() == before + 2
    first.__exit__(None, None, None)
    second.__exit__(None, None, None)
    assert torch.get_num_threads() == before


def test_a_block_goes_on_with_its_number_after_one_within_it():
    before = torch.get_num_threads()
    with torch_threads(before + 1):
        with torch_threads(before + 2):
            assert torch.get_num_threads() == before + 2
        assert torch.get_num_threads() == before + 1
    assert torch.get_num_threads() == before


def test_a_block_of_another_thread_that_ends_later_restores_nothing_here():
    before = torch.get_num_threads()
    entered, leave = threading.Event(), threading.Event()

    def other():
        with torch_threads(before + 2):
            entered.set()
            leave.wait(10)

    thread = threading.Thread(target=other)
    with torch_threads(before + 1):
        thread.start()
        assert entered.wait(10)
    assert torch.get_num_threads() == before
    leave.set()
    thread.join()
    assert torch.get_num_threads() == before


def test_an_interrupt_while_the_number_is_set_is_undone(monkeypatch):
    before, set_num_threads = torch.get_num_threads(), torch.set_num_threads
    interrupts = iter([KeyboardInterrupt])

    def interrupted_once(number):
        set_num_threads(number)
        for interrupt in interrupts:
            raise interrupt

    monkeypatch.setattr(torch, "set_num_threads", interrupted_once)
    with pytest.raises(KeyboardInterrupt), torch_threads(before + 1):
        pass
    assert torch.get_num_threads() == before
    with torch_threads(before + 1):
        assert torch.get_num_threads() == before + 1
    assert torch.get_num_threads() == before
