"""The torch engine: autograd on any device. Short and plain, the reference for every other engine.

The ratings of an epoch live on the device as tensors and a batch is a slice of them. A step costs what its batch
costs, not what the tables cost: gradients of the tables are sparse, and the optimisers step only their rows.
"""

import importlib
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import scipy.sparse as sps
import torch
from torch import Tensor

from Recommenders.MatrixFactorization.PyTorch._epochs.long_sums import rows_of_long_sums
from Recommenders.MatrixFactorization.PyTorch._epochs.shuffled_epochs import ShuffledEpochs, columns
from Recommenders.MatrixFactorization.PyTorch._hyperparameters import Hyperparameters
from Recommenders.MatrixFactorization.PyTorch._losses import LOSSES, penalty
from Recommenders.MatrixFactorization.PyTorch._model import build_model
from Recommenders.MatrixFactorization.PyTorch._optimizers import OPTIMIZERS
from Recommenders.MatrixFactorization.PyTorch._parameters import Parameters

# Numbers in the embedding rows of a batch up to which one thread is the faster choice.
LARGEST_ONE_THREAD_BATCH = 1 << 18


class TorchEngine:
    """The engine that trains a torch module on any device; `random_seed` decides the order of the ratings."""

    # the caller may have switched gradients off, and they are needed here all the same
    @torch.inference_mode(False)
    def __init__(
        self,
        URM_train: sps.csr_matrix,
        start: Parameters,
        hyperparameters: Hyperparameters,
        random_seed: int,
        device: torch.device,
    ) -> None:
        _import_torch_compiler()
        self.hyperparameters = hyperparameters
        self.num_threads = choose_threads(hyperparameters)
        self.device = device
        self._epochs = ShuffledEpochs(URM_train, random_seed, ahead=False)
        self.model = build_model(start, hyperparameters.activation, sparse_gradients=True).to(device)
        has_long_sums = rows_of_long_sums(URM_train, hyperparameters.batch_size)[0].size > 0
        self.optimizer = OPTIMIZERS[hyperparameters.sgd_mode](
            self.model.parameters(), hyperparameters.learning_rate, long_sums=has_long_sums and self._has_float64
        )
        loss = hyperparameters.loss
        self.loss = LOSSES[loss] if isinstance(loss, str) else loss

    @property
    def _has_float64(self) -> bool:
        return self.device.type != "mps"

    @torch.inference_mode(False)
    @torch.enable_grad()
    def run_epoch(self, epoch: int) -> float:
        """Train on every rating once; see `Engine`."""
        records = self._epochs.records(epoch)
        n_ratings = len(records)
        users, items, ratings = (torch.from_numpy(column).to(self.device) for column in columns(records))  # (n,) each
        total = torch.zeros((), dtype=torch.float64 if self._has_float64 else torch.float32, device=self.device)
        with torch_threads(self.num_threads):
            for start in range(0, n_ratings, self.hyperparameters.batch_size):
                batch = slice(start, start + self.hyperparameters.batch_size)
                total += self._step(users[batch], items[batch], ratings[batch])
        return float(total) / n_ratings

    def _step(self, users: Tensor, items: Tensor, ratings: Tensor) -> Tensor:
        settings = self.hyperparameters
        rows = self.model.gather_rows(users, items)
        prediction = self.model.predict_rows(rows)[:, 0]  # (B,)
        loss = self.loss(prediction, ratings)
        _check_loss(loss)
        objective = loss + penalty(rows, settings.user_reg, settings.item_reg, settings.bias_reg)
        self.optimizer.zero_grad()
        objective.backward()
        self.optimizer.step()
        return loss.detach()

    def parameters(self) -> Parameters:
        """Return a copy of the parameters as they are now."""
        return self.model.read_parameters()


def choose_threads(settings: Hyperparameters) -> int:
    """Return the CPU threads of a step: as asked for, else one for a small batch and torch's own number for others.

    An operation on a small batch takes microseconds. Threads that wait for each other there cost more than
    they save, and many times more where another process needs their core. A forked process has one thread, and asking
    for more is a ValueError: it would wait for ever for the threads that OpenMP has started in the original process.
    """
    num_threads = settings.num_threads
    if _thread_setting.is_forked:
        if num_threads not in (None, 1):
            raise ValueError(f"num_threads must be 1 in a forked process with engine='torch', got {num_threads}")
        return 1
    if num_threads is not None:
        return num_threads
    return 1 if settings.batch_size * settings.num_factors <= LARGEST_ONE_THREAD_BATCH else torch.get_num_threads()


@contextmanager
def torch_threads(num_threads: int) -> Iterator[None]:
    """Let torch use `num_threads` CPU threads inside the block, and the number from before afterwards."""
    borrower = object()
    try:
        _thread_setting.borrow(borrower, num_threads)
        yield
    finally:
        _thread_setting.give_back(borrower)


class _SharedThreadSetting:
    """torch's number of threads, lent to several trainings at once.

    It is one number for the process, but OpenMP keeps one for each thread beside it: every borrower restores it.
    """

    def __init__(self) -> None:
        self.is_forked = False
        self.lock = threading.Lock()
        self.borrowers: dict[object, tuple[int, int]] = {}  # in whose thread, and for how many
        self.before = 0

    def begin_in_forked_process(self) -> None:
        """Forget the threads that were not forked, the one that may hold the lock among them."""
        self.__init__()  # type: ignore[misc]
        self.is_forked = True

    def borrow(self, borrower: object, num_threads: int) -> None:
        with self.lock:
            if not self.borrowers:
                self.before = torch.get_num_threads()
            self.borrowers[borrower] = (threading.get_ident(), num_threads)
            torch.set_num_threads(num_threads)

    def give_back(self, borrower: object) -> None:
        with self.lock:
            if self.borrowers.pop(borrower, None) is None:
                return
            # a block around this one, in the same thread, goes on with what it has asked for
            around = [number for thread, number in self.borrowers.values() if thread == threading.get_ident()]
            torch.set_num_threads(around[-1] if around else self.before)


_thread_setting = _SharedThreadSetting()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_thread_setting.begin_in_forked_process)


def _import_torch_compiler() -> None:
    """Import what torch imports when the first optimiser of a process is made, a second's work.

    It goes on in a thread: an interrupt ends the waiting, not the import, which torch does not survive half done.
    """
    thread = threading.Thread(target=importlib.import_module, args=("torch._dynamo",), daemon=True)
    thread.start()
    thread.join()


def _check_loss(loss: object) -> None:
    if not isinstance(loss, Tensor):
        got = f"a {type(loss).__name__}"
    elif loss.ndim != 0:
        got = f"a tensor of shape {tuple(loss.shape)}"
    elif not (loss.is_floating_point() and loss.requires_grad):
        got = f"a {loss.dtype} tensor with requires_grad={loss.requires_grad}"
    else:
        return
    raise TypeError(f"loss must return a scalar tensor of real numbers that depends on the prediction, got {got}")
