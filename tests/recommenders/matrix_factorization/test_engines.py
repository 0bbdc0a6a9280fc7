import re
import threading

import pytest
import torch

from Recommenders.MatrixFactorization.PyTorch import _hyperparameters
from Recommenders.MatrixFactorization.PyTorch._engines import LARGEST_CPU_BATCH, choose_device, choose_engine
from Recommenders.MatrixFactorization.PyTorch._fused import kernel
from Recommenders.MatrixFactorization.PyTorch._losses import LOSSES
from Recommenders.MatrixFactorization.PyTorch._optimizers import OPTIMIZERS, RowAdagrad
from Recommenders.MatrixFactorization.PyTorch.MatrixFactorization_PyTorch import MatrixFactorization_PyTorch
from tests.conftest import planted_factors_URM
from tests.recommenders.matrix_factorization.engines import settings

SHAPE = (30, 20)
CPU, GPU = torch.device("cpu"), torch.device("cuda")


def chosen(engine, device, changes, shape=SHAPE):
    return choose_engine(settings(engine=engine, device=device, **changes), shape)


SMALL = {}
LARGE = {"batch_size": LARGEST_CPU_BATCH + 1, "num_factors": 1}
CALLABLE = {"loss": torch.nn.HuberLoss(reduction="sum")}
WIDE = {"num_factors": 1025}


@pytest.fixture(params=[False, True], ids=["no GPU", "GPU"])
def gpu(request, monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: request.param)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    return request.param


def test_auto_is_fused_for_small_batches_even_beside_a_gpu(gpu):
    assert chosen("auto", "auto", SMALL) == ("fused", CPU)
    assert chosen("auto", "auto", {"batch_size": LARGEST_CPU_BATCH, "num_factors": 1}) == ("fused", CPU)
    assert chosen("auto", "cpu", LARGE) == ("fused", CPU)


def test_auto_takes_a_large_batch_to_the_gpu(gpu):
    assert chosen("auto", "auto", LARGE) == (("torch", GPU) if gpu else ("fused", CPU))


@pytest.mark.parametrize("beyond", [CALLABLE, WIDE])
def test_auto_is_torch_for_what_fused_cannot_do(gpu, beyond):
    assert chosen("auto", "auto", beyond) == ("torch", GPU if gpu else CPU)
    assert chosen("auto", "cpu", beyond) == ("torch", CPU)


def test_a_name_is_obeyed(gpu):
    assert chosen("fused", "auto", LARGE) == ("fused", CPU)
    assert chosen("torch", "auto", SMALL) == ("torch", GPU if gpu else CPU)
    if gpu:
        assert chosen("auto", "cuda", SMALL) == ("torch", GPU)
        with pytest.raises(ValueError, match="device must be 'auto' or 'cpu' with engine='fused', got 'cuda'"):
            chosen("fused", "cuda", SMALL)


def test_fused_by_name_is_refused_where_it_cannot_train():
    with pytest.raises(ValueError, match=r"loss must be one of 'mse' with engine='fused', got HuberLoss\(\)"):
        chosen("fused", "auto", CALLABLE)
    with pytest.raises(ValueError, match="num_factors must be <= 1024 with engine='fused', got 1025"):
        chosen("fused", "cpu", WIDE)


def test_a_matrix_with_more_rows_than_the_kernel_counts_is_refused():
    most = 2**31 - 2  # one more row would make 2^31 slots, which is negative as an int32
    for shape in ((1, most - 1), (most // 2, most // 2)):
        assert chosen("fused", "cpu", SMALL, shape) == chosen("auto", "cpu", SMALL, shape) == ("fused", CPU)
    for shape in ((1, most), (most, 1), (most // 2, most // 2 + 1), (2**31, 2**31)):
        assert chosen("auto", "cpu", SMALL, shape) == ("torch", CPU)
        with pytest.raises(ValueError, match=f"URM_train must have at most {most} users and items together with engi"):
            chosen("fused", "cpu", SMALL, shape)
    assert chosen("fused", "cpu", {"num_factors": 1024}) == ("fused", CPU)


def test_the_engines_agree_on_names_and_states():
    assert {name: len(optimizer.state_names) for name, optimizer in OPTIMIZERS.items()} == kernel.OPTIMIZERS
    assert set(kernel.LOSSES) <= set(LOSSES)
    assert set(kernel.ACTIVATIONS) == set(_hyperparameters.ACTIVATIONS)


class OnlyInPython(RowAdagrad):
    """An optimiser that the kernel lacks."""


@pytest.mark.parametrize(
    ("argument", "table", "value", "known"),
    [
        ("sgd_mode", OPTIMIZERS, OnlyInPython, "'adagrad', 'adam', 'rmsprop', 'sgd'"),
        ("loss", LOSSES, lambda prediction, rating: (prediction - rating).abs().sum(), "'mse'"),
        ("activation", _hyperparameters.ACTIVATIONS, _hyperparameters.ACTIVATIONS["relu"], "'relu', 'sigmoid', 'ide"),
    ],
)
def test_what_only_python_has_trains_with_torch_and_is_refused_by_fused(argument, table, value, known, monkeypatch):
    monkeypatch.setitem(table, "new", value)
    recommender = MatrixFactorization_PyTorch(planted_factors_URM(), verbose=False)
    with pytest.raises(ValueError, match=f"{argument} must be one of {known}.* with engine='fused', got 'new'"):
        recommender.fit(epochs=1, engine="fused", **{argument: "new"})
    assert chosen("auto", "cpu", {argument: "new"}) == ("torch", CPU)
    recommender.fit(epochs=1, **{argument: "new"})
    assert len(recommender.recommend(0, cutoff=3)) == 3


def test_an_unknown_engine_is_refused():
    with pytest.raises(ValueError, match="engine must be one of 'auto', 'fused', 'torch', got 'fast'"):
        chosen("fast", "auto", SMALL)
    with pytest.raises(TypeError, match="engine must be one of 'auto'"):
        chosen(None, "auto", SMALL)


@pytest.fixture
def two_gpus(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)


@pytest.fixture
def no_gpu(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)


def test_auto_is_cuda_where_it_is(two_gpus):
    assert choose_device("auto").type == "cuda"
    assert choose_device("cuda:1") == torch.device("cuda:1")
    assert choose_device("cpu").type == "cpu"
    with pytest.raises(ValueError, match=r"'cuda:0', 'cuda:1'.*, got 'cuda:2'"):
        choose_device("cuda:2")


def test_auto_is_the_cpu_elsewhere(no_gpu):
    assert choose_device("auto").type == "cpu"
    for name in ("cuda", "cuda:0", "mps", "gpu"):
        with pytest.raises(ValueError, match=f"device must be one of 'auto', 'cpu', got '{name}'"):
            choose_device(name)


def test_mps_is_taken_by_name_alone(no_gpu, monkeypatch):
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: True)
    assert choose_device("auto").type == "cpu"
    assert choose_device("mps").type == "mps"


@pytest.mark.parametrize("name", [None, 0, torch.device("cpu")])
def test_a_name_that_is_no_string_is_refused(name):
    with pytest.raises(TypeError, match="must be one of 'auto'"):
        choose_device(name)


@pytest.mark.parametrize("name", ["cuda", "cuda:1"])
@pytest.mark.parametrize(
    ("version", "reason"),
    [(None, f"this torch, {torch.__version__}, is a build without CUDA"), ("12.8", "torch finds no CUDA device")],
)
def test_a_missing_cuda_is_said_with_its_reason(name, version, reason, no_gpu, monkeypatch):
    monkeypatch.setattr(torch.version, "cuda", version)
    with pytest.raises(ValueError, match=f"device must be one of 'auto', 'cpu', got '{name}'; {re.escape(reason)}"):
        choose_device(name)


@pytest.mark.parametrize(("is_built", "reason"), [(False, "is a build without MPS"), (True, "finds no MPS device")])
def test_a_missing_mps_is_said_with_its_reason(is_built, reason, no_gpu, monkeypatch):
    monkeypatch.setattr(torch.backends.mps, "is_built", lambda: is_built)
    with pytest.raises(ValueError, match=f"got 'mps'; .*{reason}"):
        choose_device("mps")


@pytest.mark.parametrize("name", ["cuda:2", "gpu"])
def test_another_name_is_refused_with_the_list_alone(name, two_gpus):
    with pytest.raises(ValueError, match=f"'cuda', 'cuda:0', 'cuda:1', got '{name}'$"):
        choose_device(name)


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
