from typing import Any

import numpy.typing as npt

N_LANES: int
N_BIASES: int
MAX_FACTORS: int
MAX_ROWS: int
LOSSES: tuple[str, ...]
ACTIVATIONS: tuple[str, ...]
OPTIMIZERS: dict[str, int]

def use_avx2() -> bool: ...
def train_ratings(
    records: npt.NDArray[Any], begin: int, end: int, batch_size: int, arrays: Any, settings: Any
) -> float: ...
