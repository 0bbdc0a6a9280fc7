"""The arguments of `fit`, checked, in one immutable object that the recommender and its engines share."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from Recommenders.MatrixFactorization.PyTorch._activations import ACTIVATIONS
from Recommenders.MatrixFactorization.PyTorch._losses import LOSSES
from Recommenders.MatrixFactorization.PyTorch._optimizers import OPTIMIZERS
from recsys_common.validation import check_bool, check_choice, check_float, check_int

_LARGEST_FLOAT32, _SMALLEST_FLOAT32 = float(np.finfo(np.float32).max), float(np.finfo(np.float32).tiny)


@dataclass(frozen=True)
class Hyperparameters:
    """The arguments of `MatrixFactorization_PyTorch.fit`, which describes them; those for early stopping are apart.

    Which devices there are is checked by `choose_engine`.
    """

    batch_size: int
    num_factors: int
    learning_rate: float
    sgd_mode: str
    loss: str | Callable[..., Any]
    activation: str
    use_bias: bool
    user_reg: float = 0.0
    item_reg: float = 0.0
    bias_reg: float = 0.0
    init_mean: float = 0.0
    init_std_dev: float = 0.1
    epochs: int = 1
    device: str = "auto"
    engine: str = "auto"
    num_threads: int | None = None
    random_seed: int | None = None

    def __post_init__(self) -> None:
        self._store_int("batch_size", minimum=1)
        self._store_int("num_factors", minimum=1, maximum=1 << 24)
        self._store_float32("learning_rate", above=0)
        self._store("sgd_mode", check_choice("sgd_mode", self.sgd_mode, OPTIMIZERS))
        self._store("activation", check_choice("activation", self.activation, ACTIVATIONS))
        self._store("use_bias", check_bool("use_bias", self.use_bias))
        for name in ("user_reg", "item_reg", "bias_reg", "init_std_dev"):
            self._store_float32(name, minimum=0)
        self._store_float32("init_mean")
        if self.init_mean == 0 and self.init_std_dev == 0:
            # the product of two rows of zeros has a gradient of zero: no factor would ever move
            raise ValueError("init_std_dev must be > 0 where init_mean is 0, got 0")
        self._check_loss()
        self._store_int("epochs", minimum=0)
        self._store("engine", check_choice("engine", self.engine, ["auto", "fused", "torch"]))
        if self.num_threads is not None:
            self._store_int("num_threads", minimum=1, maximum=1024)
        if self.random_seed is not None:
            self._store_int("random_seed", minimum=0)

    @property
    def is_penalized(self) -> bool:
        """Whether a regularisation takes part in the loss."""
        return self.user_reg > 0 or self.item_reg > 0 or (self.use_bias and self.bias_reg > 0)

    def _store(self, name: str, value: Any) -> None:
        """Store a checked value, of Python's own type: numpy's overflow, and the fused kernel takes no others."""
        object.__setattr__(self, name, value)  # the way of a frozen dataclass

    def _store_int(self, name: str, **bounds: int) -> None:
        self._store(name, check_int(name, getattr(self, name), **bounds))

    def _store_float32(self, name: str, **bounds: float) -> None:
        """Store a float, and refuse one that float32 would turn into infinity or, unless it is 0, into zero."""
        given = getattr(self, name)
        number = check_float(name, given, **bounds)
        if abs(number) > _LARGEST_FLOAT32 or 0 < abs(number) < _SMALLEST_FLOAT32:
            raise ValueError(f"{name} must be a number in the range of float32, got {given!r}")
        self._store(name, number)

    def _check_loss(self) -> None:
        if callable(self.loss) and not isinstance(self.loss, type):
            return
        if not isinstance(self.loss, str):
            names = ", ".join(repr(name) for name in LOSSES)
            raise TypeError(
                f"loss must be one of {names} or a callable (prediction, rating), such as an instance of a loss class, "
                f"got {self.loss!r}"
            )
        self._store("loss", check_choice("loss", self.loss, LOSSES))
