"""What a process does that was forked from one whose OpenMP threads were at work: they are not there any more."""

import os
import signal
import time

import numpy as np
import pytest

from Recommenders.MatrixFactorization.PyTorch import _torch_engine
from Recommenders.MatrixFactorization.PyTorch._engines import exclusive_fit
from Recommenders.MatrixFactorization.PyTorch.MatrixFactorization_PyTorch import MatrixFactorization_PyTorch
from recsys_common.validation import check_sparse
from tests.conftest import planted_factors_URM

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")

SETTINGS = {"epochs": 1, "engine": "torch", "num_factors": 16, "batch_size": 4096, "random_seed": 1}


@pytest.fixture(scope="module")
def URM():
    # tables of 64,000 numbers, which torch copies with all threads that it may use
    return check_sparse("URM", planted_factors_URM(n_users=4000, n_items=30, density=0.1))


def ends_well(work, seconds=20):
    """Whether a forked process does the work in time, without an error."""
    child = os.fork()
    if child == 0:
        try:
            work()
            os._exit(0)
        finally:
            os._exit(1)
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            return status == 0
        time.sleep(0.01)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return False


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
@pytest.mark.parametrize("settings", [{"num_threads": 1}, {}, {"batch_size": 10_000, "num_factors": 32}])
def test_a_forked_process_trains_and_has_the_model(URM, settings):
    fitted = MatrixFactorization_PyTorch(URM, verbose=False).fit(**SETTINGS, num_threads=2)
    model = fitted.model

    def work():
        recommender = MatrixFactorization_PyTorch(URM, verbose=False).fit(**{**SETTINGS, **settings})
        assert recommender.model.get_W().shape == (4000, recommender.model.n_factors)
        np.testing.assert_array_equal(fitted.model.get_W(), model.get_W())
        with pytest.raises(ValueError, match="num_threads must be 1 in a forked process with engine='torch', got 2"):
            recommender.fit(**{**SETTINGS, **settings, "num_threads": 2})
        assert np.isfinite(recommender.predict(np.arange(4000), 0)).all()

    assert ends_well(work)


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_process_that_is_forked_while_the_number_of_threads_is_being_set_does_not_wait_for_it(URM):
    fitted = MatrixFactorization_PyTorch(URM, verbose=False).fit(**SETTINGS, num_threads=1)
    with _torch_engine._thread_setting.lock:
        assert ends_well(lambda: fitted.fit(**SETTINGS, num_threads=1))


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_process_that_is_forked_in_a_training_may_train_the_recommender_itself(URM):
    recommender = MatrixFactorization_PyTorch(URM, verbose=False)
    with exclusive_fit(recommender):
        assert ends_well(lambda: recommender.fit(**SETTINGS))
        with pytest.raises(RuntimeError, match="under way"):
            recommender.fit(**SETTINGS)
