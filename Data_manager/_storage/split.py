"""The archives that a split is saved in; names and keys are the host's, which can load them and be loaded from."""

import copy
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

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


@dataclass(frozen=True)
class Split:
    """A split of a data set."""

    parameters: dict[str, Any]
    URMs: dict[str, sps.csr_matrix]
    dataset: Dataset  # of the users that are left


class SplitArchives(ArchiveGroup):
    """The archives of a split, whose names end in the suffix, in a folder."""

    def __init__(self, folder: Path, suffix: str) -> None:
        others = (_MAPPERS, _URM, *_FEATURES, _SEED)
        super().__init__(folder, _PARAMETERS + suffix, [archive + suffix for archive in others])
        self.suffix = suffix


def write_split(archives: SplitArchives, split: Split) -> None:
    """Save a split, under the lock of its archives, so that a crash leaves the folder with the old one or the new one.

    All archives are written, those of features that the data set does not have with nothing in them.
    """
    content = split.dataset._arguments()
    contents = {
        _MAPPERS: split.dataset.get_global_mapper_dict(),
        _URM: split.URMs,
        **{archive: content[argument] for archive, argument in _FEATURES.items()},
        _PARAMETERS: {**split.parameters, FORMAT_VERSION: CURRENT_FORMAT},
    }
    if RANDOM_SEED in split.parameters:
        contents[_SEED] = {RANDOM_SEED: split.parameters[RANDOM_SEED]}
    archives.write({name + archives.suffix: value for name, value in contents.items()})


@dataclass(frozen=True)
class SavedSplit:
    """What the archives of a split hold, each by the name that errors give it."""

    folder: Path
    suffix: str
    archives: dict[str, dict[str, Any]]

    @property
    def parameters(self) -> dict[str, Any]:
        """Of whatever types; `check_parameters` says whether of the right ones."""
        return self.archives[_PARAMETERS]

    def _path(self, archive: str) -> Path:
        return self.folder / f"{archive}{self.suffix}.zip"

    def check_parameters(self, types: Mapping[str, tuple[type, ...]]) -> None:
        """Refuse parameters without one of these keys, or with one of another type."""
        for key, accepted in types.items():
            if not isinstance(self.parameters.get(key), accepted):
                names = " or ".join(kind.__name__ for kind in accepted)
                got = repr(self.parameters[key]) if key in self.parameters else "nothing"
                raise ValueError(f"{self._path(_PARAMETERS)} must hold a {names} as {key}, got {got}")

    def split_of(self, dataset: Dataset) -> Split:
        """The saved split as one of this data set.

        Raises
        ------
        ValueError
            If an archive does not hold what it should, or is not of some of the users and all items of the data set.
        """
        mappers = self.archives[_MAPPERS]
        kept = mappers.get("user_original_ID_to_index")
        if not isinstance(kept, dict):
            raise ValueError(f"{self._path(_MAPPERS)} must hold a dict as user_original_ID_to_index, got {kept!r}")
        users = map(str, dataset.get_user_original_IDs().tolist())
        remaining = without_users(dataset, [index for index, user in enumerate(users) if user not in kept])
        if remaining.get_global_mapper_dict() != mappers:
            raise ValueError(f"{self._path(_MAPPERS)} must hold the ids of the data set, got others")
        content = remaining._arguments()
        try:
            # the constructor checks and copies what it is given
            URMs = Dataset(URM_dictionary=self.archives[_URM]).AVAILABLE_URM
            features = {argument: self.archives[archive] for archive, argument in _FEATURES.items()}
            rebuilt = Dataset(**{**content, **features})
            rebuilt.verify_data_consistency()
        except (TypeError, ValueError) as error:
            raise ValueError(f"{self._path(_PARAMETERS)} and the archives beside it: {error}") from error
        return Split({key: value for key, value in self.parameters.items() if key != FORMAT_VERSION}, URMs, rebuilt)


def read_split(archives: SplitArchives) -> SavedSplit:
    """Load the archives of a split.

    Raises
    ------
    FileNotFoundError
        If no archive of the split is there.
    ValueError
        If an archive is damaged, missing or not of the same save as the others; the error names it.
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
        raise ValueError(f"{path} must lie beside the other archives of its save, got none") from error
    return SavedSplit(
        archives.folder, suffix, {name.removesuffix(suffix): content for name, content in contents.items()}
    )


def read_seed(archives: SplitArchives) -> int | None:
    """Read the seed of the saved split from what is not damaged; None if no archive has it."""
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
    """Write the second copy of the seed again where it is missing or damaged; returns whether it was."""
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
    except (OSError, ValueError):  # a folder that is only read has to do without
        return False
    return True


def without_users(dataset: Dataset, users: Sequence[int] | Any) -> Dataset:
    """The data set without these users; another object if there are any, so that the reader's is never changed."""
    if len(users) == 0:
        return dataset
    # what is left is put in the place of the old content, which is not changed
    remaining = copy.copy(dataset)
    remaining._remove_items_and_users(users_to_remove=users, verbose=False)
    return remaining
