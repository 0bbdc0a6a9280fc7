"""The quotas of train, validation and test, in percent of all interactions, and what the splitters by quotas share."""

import math
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import numpy as np
import scipy.sparse as sps

from Data_manager._splits.verification import verify_no_cold_users, verify_not_empty
from Data_manager._storage.split import Division, Split
from Data_manager.DataReader import DataReader
from Data_manager.DataSplitter import DataSplitter
from recsys_common.validation import check_bool, check_float

DEFAULT_QUOTAS = (70, 10, 20)

# the parts in the order of the quotas
PARTS = ("URM_train", "URM_validation", "URM_test")

# a part is told of when its quota is off by more than this share of the asked one
_NOTABLE = 0.2


class QuotaSplitter(DataSplitter):
    """Divides the interactions by quotas of train, validation and test; subclasses define `_divide`."""

    PARAMETER_TYPES: ClassVar[dict[str, tuple[type, ...]]] = {
        "input_split_interaction_quota_list": (list,),
        "actual_split_interaction_quota_list": (list,),
        "allow_cold_users": (bool,),
    }

    _why_removed = ", who have no interaction to train on (allow_cold_users=True keeps them)"

    def __init__(
        self,
        dataReader_object: DataReader,
        split_interaction_quota_list: Sequence[float] | None,
        allow_cold_users: bool,
        forbid_new_split: bool,
        force_new_split: bool,
        *,
        random_seed: int | None = None,
        verbose: bool = True,
    ) -> None:
        super().__init__(dataReader_object, forbid_new_split, force_new_split, random_seed=random_seed, verbose=verbose)
        self.input_split_interaction_quota_list = _check_quotas(split_interaction_quota_list)
        self.allow_cold_users = check_bool("allow_cold_users", allow_cold_users)

    def _quotas_text(self) -> str:
        return "_".join(map(str, self.input_split_interaction_quota_list))  # as 70_10_20

    def _file_suffix(self) -> str:
        return "_allow_cold_users" if self.allow_cold_users else "_only_warm_users"

    def _asked_parameters(self) -> dict[str, Any]:
        return {
            "input_split_interaction_quota_list": list(self.input_split_interaction_quota_list),
            "allow_cold_users": self.allow_cold_users,
        }

    def _remaining(self, parts: Sequence[sps.csr_matrix]) -> Division:
        """Return what `_divide` returns, from train, validation and test of all users."""
        URMs = dict(zip(PARTS, parts))
        kept_users = np.diff(URMs["URM_train"].indptr) > 0
        if self.allow_cold_users:
            kept_users[:] = True
        if not kept_users.all():
            URMs = {name: URM[np.flatnonzero(kept_users)] for name, URM in URMs.items()}
        quotas = self.input_split_interaction_quota_list
        for part, quota in zip(PARTS, quotas):
            if quota > 0 and URMs[part].nnz == 0:
                raise ValueError(
                    f"split_interaction_quota_list must give {part} at least one interaction, got {quotas}, which "
                    f"{'gives' if kept_users.all() else 'after the removal of cold users leaves'} it none"
                )
        return kept_users, URMs, {"actual_split_interaction_quota_list": _actual_quotas(URMs)}

    def _verify(self, split: Split) -> None:
        super()._verify(split)
        asked = self.input_split_interaction_quota_list
        verify_not_empty(split.URMs, [part for part, quota in zip(PARTS, asked) if quota > 0])
        if asked[1] == 0 and split.URMs["URM_validation"].nnz > 0:
            raise ValueError("URM_validation must be empty for a quota of 0, got interactions")
        if not self.allow_cold_users:
            verify_no_cold_users(split.URMs["URM_train"])
        for part, quota, actual in zip(PARTS, asked, _actual_quotas(split.URMs)):
            if abs(actual - quota) > _NOTABLE * quota:
                self._print(f"Notice: {part} has {actual:.2f} % of the interactions, for a quota of {quota:.2f} %")

    def _quotas(self) -> dict[str, tuple[float, float]]:
        return dict(zip(PARTS, zip(self.input_split_interaction_quota_list, _actual_quotas(self.SPLIT_URM_DICT))))


def _check_quotas(value: Any) -> list[float]:
    """Check three percentages that sum to 100, train and test above 0; None gives 70, 10, 20. Whole ones become int."""
    if value is None:
        return list(DEFAULT_QUOTAS)
    must_be = "split_interaction_quota_list must be three percentages of train, validation and test"
    if isinstance(value, str) or not hasattr(value, "__iter__"):
        raise TypeError(f"{must_be}, got {value!r}")
    quotas = list(value)
    if len(quotas) != 3:
        raise ValueError(f"{must_be}, got {value!r}")
    for index, quota in enumerate(quotas):
        number = check_float(f"split_interaction_quota_list[{index}]", quota, minimum=0, maximum=100)
        quotas[index] = int(number) if number.is_integer() else number
    # tenths have no exact sum
    if not math.isclose(math.fsum(quotas), 100, rel_tol=0, abs_tol=1e-9):
        raise ValueError(f"{must_be} that sum to 100, got {value!r}")
    if quotas[0] == 0 or quotas[2] == 0:
        raise ValueError(f"{must_be}, above 0 for train and test, got {value!r}")
    return quotas


def _actual_quotas(URMs: Mapping[str, sps.csr_matrix]) -> list[float]:
    """Return the percentage of all interactions that each part has."""
    n_all = sum(URM.nnz for URM in URMs.values())
    return [100 * URMs[part].nnz / n_all for part in PARTS]
