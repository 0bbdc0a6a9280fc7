"""The archives that a split is saved in, with the host's names and keys: each can load what the other has saved."""

import copy
from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import scipy.sparse as sps

from Data_manager._storage.archives import ArchiveGroup
from Data_manager.Dataset import Dataset

# Our addition to split_parameters; the host, which sets every key of it as an attribute, does not know it.
FORMAT_VERSION = "format_version"
CURRENT_FORMAT = 1

RANDOM_SEED = "random_seed"

_PARAMETERS, _MAPPERS, _URM = "split_parameters", "split_mappers", "split_URM"
# A copy of the seed, which makes the split again where split_parameters is damaged; the host does not look for it.
_SEED = "split_random_seed"

# archive -> the argument of Dataset that it holds
_FEATURES = {
    "split_ICM": "ICM_dictionary",
    "split_ICM_mappers": "ICM_feature_mapper_dictionary",
    "split_UCM": "UCM_dictionary",
    "split_UCM_mappers": "UCM_feature_mapper_dictionary",
}

# which users a split has, the URMs of its parts, and further entries for split_parameters
Division = tuple[npt.NDArray[np.bool_], dict[str, sps.csr_matrix], dict[str, Any]]


@dataclass(frozen=True)
class Split:
    """A split: what it was made with, its URMs by name, and the data set of the users that are left."""

    parameters: dict[str, Any]
    URMs: dict[str, sps.csr_matrix]
    dataset: Dataset


class SplitArchives(ArchiveGroup):
    """The archives of a split in a folder; their names end in the suffix."""

    def __init__(self, folder: Path, suffix: str) -> None:
        others = (_MAPPERS, _URM, *_FEATURES, _SEED)
        super().__init__(folder, _PARAMETERS + suffix, [archive + suffix for archive in others])
        self.suffix = suffix


def write_split(archives: SplitArchives, split: Split) -> None:
    """Save a split, so that a crash leaves the folder with the old one or the new one; to be called under the lock.

    All archives are written; those of features that the data set does not have are empty.
    """
    parts: Mapping[str, Any] = split.dataset._parts()
    contents = {
        _MAPPERS: split.dataset.get_global_mapper_dict(),
        _URM: split.URMs,
        **{archive: parts[argument] for archive, argument in _FEATURES.items()},
        _PARAMETERS: {**split.parameters, FORMAT_VERSION: CURRENT_FORMAT},
    }
    if RANDOM_SEED in split.parameters:
        contents[_SEED] = {RANDOM_SEED: split.parameters[RANDOM_SEED]}
    archives.write({name + archives.suffix: value for name, value in contents.items()})


@dataclass(frozen=True)
class SavedSplit:
    """The archives of a split, and their content by their names without the suffix."""

    archives: SplitArchives
    contents: dict[str, dict[str, Any]]

    @property
    def parameters(self) -> dict[str, Any]:
        """The content of split_parameters; `check_parameters` checks its types."""
        return self.contents[_PARAMETERS]

    def _path(self, archive: str) -> Path:
        return self.archives.path(archive + self.archives.suffix)

    def check_parameters(self, types: Mapping[str, tuple[type, ...]]) -> None:
        """Raise ValueError if a parameter is missing or of another type than given here."""
        for key, accepted in types.items():
            if not isinstance(self.parameters.get(key), accepted):
                names = " or ".join(kind.__name__ for kind in accepted)
                got = repr(self.parameters[key]) if key in self.parameters else "nothing"
                raise ValueError(f"{self._path(_PARAMETERS)} must hold a {names} as {key}, got {got}")

    def differences(self, asked: Mapping[str, Any], needed: Collection[str]) -> list[str]:
        """List the parameters that the split was made with and that are not those asked for, one text for each.

        A `random_seed` of None fits any; another one must have been recorded. What only we record is missing in a split
        that the host has saved, and does not count there unless it is among the needed ones.
        """
        saved = self.parameters
        by_host = FORMAT_VERSION not in saved
        wanted = dict(asked) if by_host else {FORMAT_VERSION: CURRENT_FORMAT, **asked}
        found = []
        for name, value in wanted.items():
            if name == RANDOM_SEED:
                differs = value is not None and saved.get(name) != value
            elif by_host and name not in saved:
                differs = name in needed
            else:
                differs = saved.get(name) != value
            if differs:
                found.append(f"{name}: saved {saved.get(name, 'without one')}, asked {value}")
        return found

    def to_split(self, dataset: Dataset) -> Split:
        """Make the saved split of this data set.

        ValueError if an archive does not hold what it should, or other ids than all items and some users of the data
        set.
        """
        mappers = self.contents[_MAPPERS]
        kept = mappers.get("user_original_ID_to_index")
        if not isinstance(kept, dict):
            raise ValueError(f"{self._path(_MAPPERS)} must hold a dict as user_original_ID_to_index, got {kept!r}")
        users = map(str, dataset.get_user_original_IDs().tolist())
        remaining = without_users(dataset, [index for index, user in enumerate(users) if user not in kept])
        if remaining.get_global_mapper_dict() != mappers:
            raise ValueError(f"{self._path(_MAPPERS)} must hold the ids of the data set, got others")
        parts: Mapping[str, Any] = remaining._parts()
        try:
            # the constructor checks and copies what it is given
            URMs = Dataset(URM_dictionary=self.contents[_URM]).AVAILABLE_URM
            features = {argument: self.contents[archive] for archive, argument in _FEATURES.items()}
            rebuilt = Dataset(**{**parts, **features})
            rebuilt.verify_data_consistency()
        except (TypeError, ValueError) as error:
            raise ValueError(f"{self._path(_PARAMETERS)} and the archives beside it: {error}") from error
        return Split({key: value for key, value in self.parameters.items() if key != FORMAT_VERSION}, URMs, rebuilt)


def read_split(archives: SplitArchives) -> SavedSplit:
    """Load the archives of a split; FileNotFoundError if none of them is there.

    ValueError, which names it, if an archive is damaged, missing or from another save than the others.
    """
    suffix = archives.suffix
    try:
        contents = archives.read(
            lambda _: ([_MAPPERS + suffix, _URM + suffix], [archive + suffix for archive in _FEATURES])
        )
    except FileNotFoundError as error:
        if not archives.exists():
            raise
        path = archives.path(archives.head)
        raise ValueError(f"{path} is missing beside the other archives of its save") from error
    return SavedSplit(archives, {name.removesuffix(suffix): content for name, content in contents.items()})


def read_seed(archives: SplitArchives) -> int | None:
    """Read the seed of the saved split from an archive that is not damaged; None if there is no such archive."""
    for archive in (_PARAMETERS, _SEED):
        try:
            content = archives.read_alone(archive + archives.suffix)
        except (OSError, ValueError):
            continue
        seed = content.get(RANDOM_SEED)
        if isinstance(seed, int) and not isinstance(seed, bool) and seed >= 0:
            return seed
        if archive == _PARAMETERS and FORMAT_VERSION not in content:
            return None  # the host has saved it, over one of ours
    return None


def restore_seed(archives: SplitArchives, split: Split) -> bool:
    """Write the second copy of the seed again where it is missing or damaged; return whether it was."""
    seed = split.parameters.get(RANDOM_SEED)
    if seed is None:
        return False
    copied = {RANDOM_SEED: seed}
    with suppress(OSError, ValueError):
        if archives.read_alone(_SEED + archives.suffix) == copied:
            return False
    try:
        with archives.locked():
            # another process may have saved another split since this one was read
            if archives.read_alone(archives.head).get(RANDOM_SEED) != seed:
                return False
            archives.write_alone(_SEED + archives.suffix, copied)
    except (OSError, ValueError):  # a folder that cannot be written
        return False
    return True


def without_users(dataset: Dataset, users: Any) -> Dataset:
    """Return the data set without these users (indices); the given one is not changed."""
    if len(users) == 0:
        return dataset
    # the copy gets new matrices; those that it shares with the reader's data set stay as they are
    remaining = copy.copy(dataset)
    remaining._remove_items_and_users(users_to_remove=users, verbose=False)
    return remaining
