"""The activations of the model: as a torch module, as a numpy function, and where their input should start."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import expit
from torch import nn

# A ReLU whose input starts below this would begin dead for most ratings; a sigmoid that starts nearer to its
# asymptotes than this would hardly move.
SMALLEST_RELU_START = 0.1
SMALLEST_SIGMOID_START = 0.01


@dataclass(frozen=True)
class Activation:
    """An activation f: built for torch, and as the same function on numpy arrays.

    `start(mean)` is the score at which f is nearest to the mean rating while its gradient is still alive;
    `output_range` has the smallest and the largest value of f.
    """

    module: Callable[[], nn.Module]
    apply: Callable[[npt.NDArray[np.float32]], npt.NDArray[np.float32]]
    start: Callable[[float], float]
    output_range: tuple[float, float]


def _relu(score: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    return np.maximum(score, np.float32(0))


def _sigmoid(score: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    return np.asarray(expit(score), dtype=np.float32)


def _clipped_logit(mean: float) -> float:
    share = min(max(mean, SMALLEST_SIGMOID_START), 1 - SMALLEST_SIGMOID_START)
    return math.log(share / (1 - share))


ACTIVATIONS = {
    "relu": Activation(nn.ReLU, _relu, lambda mean: max(mean, SMALLEST_RELU_START), (0.0, math.inf)),
    "sigmoid": Activation(nn.Sigmoid, _sigmoid, _clipped_logit, (0.0, 1.0)),
    "identity": Activation(nn.Identity, lambda score: score, lambda mean: mean, (-math.inf, math.inf)),
}
