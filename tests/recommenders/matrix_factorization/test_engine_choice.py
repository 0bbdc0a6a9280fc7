import pytest
import torch

from Recommenders.MatrixFactorization.PyTorch._engines import LARGEST_CPU_BATCH, choose_engine
from Recommenders.MatrixFactorization.PyTorch._hyperparameters import Hyperparameters

CPU, GPU = torch.device("cpu"), torch.device("cuda")


def settings(**changes):
    return Hyperparameters(
        **{
            "batch_size": 16, "num_factors": 4, "learning_rate": 0.1, "sgd_mode": "sgd", "loss": "mse",
            "activation": "relu", "use_bias": True, **changes,
        }
    )  # fmt: skip


SMALL = settings()
LARGE = settings(batch_size=LARGEST_CPU_BATCH + 1, num_factors=1)
CALLABLE = settings(loss=torch.nn.HuberLoss(reduction="sum"))
WIDE = settings(num_factors=1025)


@pytest.fixture(params=[False, True], ids=["no GPU", "GPU"])
def gpu(request, monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: request.param)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    return request.param


def test_auto_is_fused_for_small_batches_even_beside_a_gpu(gpu):
    assert choose_engine("auto", "auto", SMALL) == ("fused", CPU)
    assert choose_engine("auto", "auto", settings(batch_size=LARGEST_CPU_BATCH, num_factors=1)) == ("fused", CPU)
    assert choose_engine("auto", "cpu", LARGE) == ("fused", CPU)


def test_auto_takes_a_large_batch_to_the_gpu(gpu):
    assert choose_engine("auto", "auto", LARGE) == (("torch", GPU) if gpu else ("fused", CPU))


@pytest.mark.parametrize("beyond", [CALLABLE, WIDE])
def test_auto_is_torch_for_what_fused_cannot_do(gpu, beyond):
    assert choose_engine("auto", "auto", beyond) == ("torch", GPU if gpu else CPU)
    assert choose_engine("auto", "cpu", beyond) == ("torch", CPU)


def test_a_name_is_obeyed(gpu):
    assert choose_engine("fused", "auto", LARGE) == ("fused", CPU)
    assert choose_engine("torch", "auto", SMALL) == ("torch", GPU if gpu else CPU)
    if gpu:
        assert choose_engine("auto", "cuda", SMALL) == ("torch", GPU)
        with pytest.raises(ValueError, match="device must be 'auto' or 'cpu', got 'cuda', with engine='fused'"):
            choose_engine("fused", "cuda", SMALL)


def test_fused_by_name_is_refused_where_it_cannot_train():
    with pytest.raises(ValueError, match=r"loss must be one of 'mse', got HuberLoss\(\), with engine='fused'"):
        choose_engine("fused", "auto", CALLABLE)
    with pytest.raises(ValueError, match="num_factors must be <= 1024, got 1025, with engine='fused'"):
        choose_engine("fused", "cpu", WIDE)


def test_an_unknown_engine_is_refused():
    with pytest.raises(ValueError, match="engine must be one of 'auto', 'fused', 'torch', got 'fast'"):
        choose_engine("fast", "auto", SMALL)
    with pytest.raises(TypeError, match="engine must be one of 'auto'"):
        choose_engine(None, "auto", SMALL)
