"""The torch engine: autograd on any device. Short and plain, the reference for every other engine.

The ratings of an epoch live on the device as tensors and a batch is a slice of them. A step costs what its batch
costs, not what the tables cost: gradients of the tables are sparse, and the optimisers step only their rows.
"""

import importlib
import threading

import scipy.sparse as sps
import torch
from torch import Tensor

from Recommenders.MatrixFactorization.PyTorch._device import choose_threads, has_float64, torch_threads
from Recommenders.MatrixFactorization.PyTorch._epochs.records import columns
from Recommenders.MatrixFactorization.PyTorch._epochs.shuffled_epochs import ShuffledEpochs
from Recommenders.MatrixFactorization.PyTorch._hyperparameters import Hyperparameters
from Recommenders.MatrixFactorization.PyTorch._long_sums import rows_of_long_sums
from Recommenders.MatrixFactorization.PyTorch._losses import LOSSES, penalty
from Recommenders.MatrixFactorization.PyTorch._model import build_model
from Recommenders.MatrixFactorization.PyTorch._optimizers import OPTIMIZERS
from Recommenders.MatrixFactorization.PyTorch._parameters import Parameters


class TorchEngine:
    """Trains a model on the ratings of a URM, batch by batch.

    Parameters
    ----------
    URM_train : csr_matrix of shape (n_users, n_items)
    start : Parameters
        Starting values; they are copied.
    hyperparameters : Hyperparameters
    random_seed : int
        Decides the order of the ratings in every epoch.
    device : torch.device
    """

    # a caller may have switched gradients off: what is built or computed here must have them all the same
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
        self.num_threads = choose_threads(
            hyperparameters.num_threads, hyperparameters.batch_size, hyperparameters.num_factors
        )
        self.device = device
        self._epochs = ShuffledEpochs(URM_train, random_seed, ahead=False)
        self.model = build_model(start, hyperparameters.activation, sparse_gradients=True).to(device)
        has_long_sums = rows_of_long_sums(URM_train, hyperparameters.batch_size)[0].size > 0
        self.optimizer = OPTIMIZERS[hyperparameters.sgd_mode](
            self.model.parameters(), hyperparameters.learning_rate, long_sums=has_long_sums and has_float64(device)
        )
        loss = hyperparameters.loss
        self.loss = LOSSES[loss] if isinstance(loss, str) else loss

    @torch.inference_mode(False)
    @torch.enable_grad()
    def run_epoch(self, epoch: int) -> float:
        """Train on every rating once, in the order of this epoch (from 1); returns the mean loss of a rating.

        The loss of a batch is measured before its step, and without the penalty.
        """
        records = self._epochs.records(epoch)
        n_ratings = len(records)
        users, items, ratings = (torch.from_numpy(column).to(self.device) for column in columns(records))  # (n,) each
        exact = torch.float64 if has_float64(self.device) else torch.float32
        total = torch.zeros((), dtype=exact, device=self.device)
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
        """A copy of the parameters as they are now."""
        return self.model.read_parameters()


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
