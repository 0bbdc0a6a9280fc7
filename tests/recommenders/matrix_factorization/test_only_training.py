import threading

import pytest

from Recommenders.MatrixFactorization.PyTorch.MatrixFactorization_PyTorch import MatrixFactorization_PyTorch
from tests.conftest import planted_factors_URM


@pytest.mark.parametrize("engine", ["fused", "torch"])
def test_a_second_training_of_the_same_object_is_refused(engine, monkeypatch):
    started, leave = threading.Event(), threading.Event()
    run_epoch = MatrixFactorization_PyTorch._run_epoch

    def wait_inside(self, epoch):
        started.set()
        assert leave.wait(30)
        return run_epoch(self, epoch)

    recommender = MatrixFactorization_PyTorch(planted_factors_URM(), verbose=False)
    monkeypatch.setattr(MatrixFactorization_PyTorch, "_run_epoch", wait_inside)
    thread = threading.Thread(target=recommender.fit, kwargs={"epochs": 1, "engine": engine, "random_seed": 1})
    thread.start()
    assert started.wait(30)
    try:
        with pytest.raises(RuntimeError, match=r"another fit\(\) of this recommender is under way"):
            recommender.fit(epochs=1, engine=engine)
    finally:
        leave.set()
        thread.join()
    assert len(recommender.recommend(0, cutoff=3)) == 3
    recommender.fit(epochs=1, engine=engine)
