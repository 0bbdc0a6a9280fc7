"""The quotas of train, validation and test, in percent of all interactions."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import scipy.sparse as sps

from recsys_common.validation import check_float

DEFAULT_QUOTAS = (70, 10, 20)

# the parts in the order of the quotas
PARTS = ("URM_train", "URM_validation", "URM_test")


def check_quotas(name: str, value: Any) -> list[float]:
    """Three percentages that sum to 100, those of train and test above 0; None is 70, 10, 20. Whole ones become int."""
    if value is None:
        return list(DEFAULT_QUOTAS)
    allowed = "three percentages of train, validation and test"
    if isinstance(value, str) or not hasattr(value, "__iter__"):
        raise TypeError(f"{name} must be {allowed}, got {value!r}")
    quotas = list(value)
    if len(quotas) != 3:
        raise ValueError(f"{name} must be {allowed}, got {value!r}")
    for index, quota in enumerate(quotas):
        number = check_float(f"{name}[{index}]", quota, minimum=0, maximum=100)
        quotas[index] = int(number) if number.is_integer() else number
    # tenths have no exact sum
    if not math.isclose(math.fsum(quotas), 100, rel_tol=0, abs_tol=1e-9):
        raise ValueError(f"{name} must be {allowed} that sum to 100, got {value!r}")
    if quotas[0] == 0 or quotas[2] == 0:
        raise ValueError(f"{name} must be {allowed}, above 0 for train and test, got {value!r}")
    return quotas


def quotas_text(quotas: Sequence[float]) -> str:
    """As they stand in the name of a folder: 70_10_20."""
    return "_".join(map(str, quotas))


def actual_quotas(URMs: Mapping[str, sps.csr_matrix]) -> list[float]:
    """The percentage of all interactions that each part has got."""
    n_all = sum(URM.nnz for URM in URMs.values())
    return [100 * URMs[part].nnz / n_all for part in PARTS]
