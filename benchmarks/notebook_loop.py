"""The training loop of the course notebook, which `training_speed.py` compares the recommender with.

It has a DataLoader without workers over one Python object per rating, dense embeddings, autograd and dense Adagrad, on
the CPU.
"""

import time

import scipy.sparse as sps
import torch
from torch.utils.data import DataLoader

from Recommenders.MatrixFactorization.PyTorch.MF_MSE_PyTorch_model import DatasetIterator_URM, MF_MSE_PyTorch_model


def seconds_of_a_batch(
    URM_train: sps.csr_matrix, n_batches: int, *, num_factors: int, batch_size: int, learning_rate: float, threads: int
) -> float:
    """Return the mean seconds of `n_batches` batches, after 50 that are not counted; the shuffle is not counted."""
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    loader = DataLoader(DatasetIterator_URM(URM_train), batch_size=batch_size, shuffle=True, num_workers=0)
    model = MF_MSE_PyTorch_model(*URM_train.shape, num_factors)
    loss_function = torch.nn.MSELoss(reduction="sum")
    optimizer = torch.optim.Adagrad(model.parameters(), lr=learning_rate)
    start = 0.0
    for batch, (coordinates, ratings) in enumerate(loader):
        if batch == 50:
            start = time.perf_counter()
        if batch == 50 + n_batches:
            break
        prediction = model(coordinates[:, 0], coordinates[:, 1])
        loss = loss_function(prediction.view(-1), ratings)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    seconds = (time.perf_counter() - start) / n_batches
    torch.set_num_threads(before)
    return seconds
