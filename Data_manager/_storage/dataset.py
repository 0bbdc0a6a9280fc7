"""The archives that a Dataset is saved in, with the host's names and keys: each can load what the other has saved."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from Data_manager._matrices.ids import IdIndex
from Data_manager._storage.archives import ArchiveGroup

_GLOBAL_ATTRIBUTES = "dataset_global_attributes"

# archive -> the argument of Dataset that it holds, and the global attribute that says whether there is one
_ARCHIVES: dict[str, tuple[str, str | None]] = {
    "dataset_URM": ("URM_dictionary", None),
    "dataset_ICM": ("ICM_dictionary", "_HAS_ICM"),
    "dataset_ICM_mappers": ("ICM_feature_mapper_dictionary", "_HAS_ICM"),
    "dataset_UCM": ("UCM_dictionary", "_HAS_UCM"),
    "dataset_UCM_mappers": ("UCM_feature_mapper_dictionary", "_HAS_UCM"),
    "dataset_additional_mappers": ("additional_data_mapper", "_HAS_additional_mapper"),
}

# global attribute -> the argument of Dataset, and its type
_ATTRIBUTES: dict[str, tuple[str, tuple[type, ...]]] = {
    "DATASET_NAME": ("dataset_name", (str, type(None))),
    "_IS_IMPLICIT": ("is_implicit", (bool,)),
    "user_original_ID_to_index": ("user_original_ID_to_index", (dict,)),
    "item_original_ID_to_index": ("item_original_ID_to_index", (dict,)),
}
_FLAGS = ("_HAS_ICM", "_HAS_UCM", "_HAS_additional_mapper")


def write_dataset(folder: str | os.PathLike[str], parts: Mapping[str, Any]) -> None:
    """Save the parts of a Dataset in a folder, made if it is missing; empty dictionaries are not written.

    A crash leaves the folder with the old data set or the new one.
    """
    attributes = {key: parts[argument] for key, (argument, _) in _ATTRIBUTES.items()}
    attributes |= {key: dict(mapper) for key, mapper in attributes.items() if isinstance(mapper, IdIndex)}
    flags = {flag: bool(parts[argument]) for argument, flag in _ARCHIVES.values() if flag is not None}
    archives = {archive: parts[argument] for archive, (argument, _) in _ARCHIVES.items() if parts[argument]}
    group = _group(folder)
    with group.locked():
        group.write({**archives, _GLOBAL_ATTRIBUTES: {**attributes, **flags}})


def _group(folder: str | os.PathLike[str]) -> ArchiveGroup:
    return ArchiveGroup(Path(folder).resolve(), _GLOBAL_ATTRIBUTES, list(_ARCHIVES))


def _check_global_attributes(path: Path, attributes: Mapping[str, Any]) -> None:
    expected = {**{key: types for key, (_, types) in _ATTRIBUTES.items()}, **dict.fromkeys(_FLAGS, (bool,))}
    if set(attributes) != set(expected):
        raise ValueError(f"{path} must hold the keys {sorted(expected)}, got {sorted(attributes)}")
    for key, types in expected.items():
        if not isinstance(attributes[key], types):
            names = " or ".join(accepted.__name__ for accepted in types)
            raise ValueError(f"{path} must hold a {names} as {key}, got a {type(attributes[key]).__name__}")


def read_dataset(folder: str | os.PathLike[str]) -> dict[str, Any]:
    """Load the arguments of the Dataset that was saved in the folder, not checked.

    FileNotFoundError if the folder has no saved Dataset; ValueError if an archive is damaged, missing, without what it
    should hold, or from another save than the others.
    """
    group = _group(folder)

    def which_are_there(attributes: dict[str, Any]) -> tuple[list[str], list[str]]:
        _check_global_attributes(group.path(_GLOBAL_ATTRIBUTES), attributes)
        return [archive for archive, (_, flag) in _ARCHIVES.items() if flag is None or attributes[flag]], []

    contents = group.read(which_are_there)
    attributes = contents.pop(_GLOBAL_ATTRIBUTES)
    return {
        **{argument: attributes[key] for key, (argument, _) in _ATTRIBUTES.items()},
        **{_ARCHIVES[archive][0]: content for archive, content in contents.items()},
    }
