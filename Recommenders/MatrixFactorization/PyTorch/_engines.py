"""The engines that can train the model, and the rule by which one is chosen."""

from typing import Protocol

import scipy.sparse as sps
import torch

from Recommenders.MatrixFactorization.PyTorch._device import choose_device
from Recommenders.MatrixFactorization.PyTorch._fused.engine import FUSED_LOSSES, MAX_FUSED_FACTORS, FusedEngine
from Recommenders.MatrixFactorization.PyTorch._hyperparameters import Hyperparameters
from Recommenders.MatrixFactorization.PyTorch._parameters import Parameters
from Recommenders.MatrixFactorization.PyTorch._torch_engine import TorchEngine
from recsys_common.validation import check_choice

ENGINES = ("fused", "torch")

# Numbers in the embedding rows of a batch up to which the CPU is done before a GPU, which takes about a millisecond to
# be told what a step is, would be; by what steps cost on the CPU, not measured on a GPU.
LARGEST_CPU_BATCH = 1 << 20


class Engine(Protocol):
    """What trains a model on the ratings of a URM, batch by batch."""

    hyperparameters: Hyperparameters

    def run_epoch(self, epoch: int) -> float:
        """Train on every rating once, in the order of this epoch (from 1); returns the mean loss of a rating.

        The loss of a batch is measured before its step, and without the penalty.
        """

    def parameters(self) -> Parameters:
        """A copy of the parameters as they are now."""


def choose_engine(engine: str, device: str, hyperparameters: Hyperparameters) -> tuple[str, torch.device]:
    """The engine and the device of a training, each by name or "auto".

    "auto" is the fused engine on the CPU where it knows the loss and the number of factors and no GPU was asked for by
    name; only batches of more than LARGEST_CPU_BATCH numbers go to a GPU that is at hand. Everything else is the torch
    engine's.

    Raises
    ------
    TypeError, ValueError
        A name that is no string or of nothing that is there, which the error lists; a device, a loss or a number of
        factors that the fused engine, asked for by name, does not have.
    """
    engine = check_choice("engine", engine, ["auto", *ENGINES])
    torch_device = choose_device(device)
    obstacle = _why_not_fused(device, hyperparameters)
    if engine == "fused" and obstacle is not None:
        raise ValueError(f"{obstacle} with engine='fused'")
    large = hyperparameters.batch_size * hyperparameters.num_factors > LARGEST_CPU_BATCH
    if engine == "fused" or (engine == "auto" and obstacle is None and not (large and torch_device.type != "cpu")):
        return "fused", torch.device("cpu")
    return "torch", torch_device


def _why_not_fused(device: str, hyperparameters: Hyperparameters) -> str | None:
    if device not in ("auto", "cpu"):
        return f"device must be 'auto' or 'cpu', got {device!r},"
    if hyperparameters.loss not in FUSED_LOSSES:
        names = ", ".join(repr(name) for name in FUSED_LOSSES)
        return f"loss must be one of {names}, got {hyperparameters.loss!r},"
    if hyperparameters.num_factors > MAX_FUSED_FACTORS:
        return f"num_factors must be <= {MAX_FUSED_FACTORS}, got {hyperparameters.num_factors},"
    return None


def start_engine(
    engine: str,
    device: torch.device,
    URM_train: sps.csr_matrix,
    start: Parameters,
    hyperparameters: Hyperparameters,
    random_seed: int,
) -> Engine:
    """The engine of this name, as `choose_engine` gives it, at its starting values."""
    if engine == "fused":
        return FusedEngine(URM_train, start, hyperparameters, random_seed)
    return TorchEngine(URM_train, start, hyperparameters, random_seed, device)
