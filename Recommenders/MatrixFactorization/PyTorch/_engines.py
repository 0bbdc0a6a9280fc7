"""Where a training runs: its engine and its device, each by name or by rule, and only one training of an object."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

import scipy.sparse as sps
import torch

from Recommenders.MatrixFactorization.PyTorch._fused.engine import FusedEngine, why_not_fused
from Recommenders.MatrixFactorization.PyTorch._hyperparameters import Hyperparameters
from Recommenders.MatrixFactorization.PyTorch._parameters import Parameters
from Recommenders.MatrixFactorization.PyTorch._torch_engine import TorchEngine
from recsys_common.validation import check_choice, refuse

# Up to this many numbers in the embedding rows of a batch, a step on the CPU takes less than the millisecond or so in
# which a GPU is told what to do; estimated from times of steps on the CPU, not measured on a GPU.
LARGEST_CPU_BATCH = 1 << 20

# by the recommender's id, which is unique while it trains; without a lock, which a fork could leave locked
_in_training: dict[int, object] = {}
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_in_training.clear)  # the trainings go on in the other process


class Engine(Protocol):
    """What trains a model on the ratings of a URM, batch by batch."""

    hyperparameters: Hyperparameters

    def run_epoch(self, epoch: int) -> float:
        """Train on every rating once, in the order of this epoch (from 1), and return the mean loss of a rating.

        The loss of a batch is measured before its step, and without the penalty.
        """

    def parameters(self) -> Parameters:
        """Return a copy of the parameters as they are now."""


def choose_engine(hyperparameters: Hyperparameters, shape: tuple[int, int]) -> tuple[str, torch.device]:
    """Return the engine and the device of a training on a URM of this shape.

    engine="auto" is the fused engine on the CPU where its kernel can train this model and no GPU was asked for by name;
    only batches of more than LARGEST_CPU_BATCH numbers go to a GPU that device="auto" finds. Everything else is trained
    by the torch engine. ValueError where there is no such device, and where engine="fused" cannot train the model.
    """
    engine, device = hyperparameters.engine, hyperparameters.device
    torch_device = choose_device(device)
    obstacle = why_not_fused(shape, hyperparameters)
    if device not in ("auto", "cpu"):
        obstacle = refuse(ValueError, "device", "'auto' or 'cpu' with engine='fused'", repr(device))
    if engine == "fused" and obstacle is not None:
        raise obstacle
    large = hyperparameters.batch_size * hyperparameters.num_factors > LARGEST_CPU_BATCH
    if engine == "fused" or (engine == "auto" and obstacle is None and not (large and torch_device.type != "cpu")):
        return "fused", torch.device("cpu")
    return "torch", torch_device


def choose_device(name: str) -> torch.device:
    """Return the torch device of that name; "auto" is the first CUDA device where there is one, else the CPU.

    Apple's "mps" is taken only by name. The error lists the devices of this machine, and says for a missing CUDA or MPS
    whether the build of torch or the machine lacks it.
    """
    available = _available_devices()
    if name == "auto":
        return torch.device("cuda" if "cuda" in available else "cpu")
    try:
        return torch.device(check_choice("device", name, ["auto", *available]))
    except ValueError as error:
        raise ValueError(f"{error}{_why_missing(name, available)}") from None


def start_engine(
    engine: str,
    device: torch.device,
    URM_train: sps.csr_matrix,
    start: Parameters,
    hyperparameters: Hyperparameters,
    random_seed: int,
) -> Engine:
    """Make the engine that `choose_engine` has chosen, at its starting values, which are copied."""
    if engine == "fused":
        return FusedEngine(URM_train, start, hyperparameters, random_seed)
    return TorchEngine(URM_train, start, hyperparameters, random_seed, device)


@contextmanager
def exclusive_fit(recommender: object) -> Iterator[None]:
    """Refuse, with a RuntimeError, a second fit of the same object: the two would share one engine."""
    training = object()
    if _in_training.setdefault(id(recommender), training) is not training:
        raise RuntimeError("another fit() of this recommender is under way")
    try:
        yield
    finally:
        _in_training.pop(id(recommender), None)


def _why_missing(name: str, available: list[str]) -> str:
    kind = name.partition(":")[0]
    if kind not in ("cuda", "mps") or kind in available:
        return ""
    is_built = torch.version.cuda is not None if kind == "cuda" else torch.backends.mps.is_built()
    if not is_built:
        return f"; this torch, {torch.__version__}, is a build without {kind.upper()}"
    return f"; torch finds no {kind.upper()} device on this machine"


def _available_devices() -> list[str]:
    devices = ["cpu"]
    if torch.cuda.is_available():
        devices += ["cuda", *(f"cuda:{index}" for index in range(torch.cuda.device_count()))]
    if torch.backends.mps.is_available():
        devices.append("mps")
    return devices
