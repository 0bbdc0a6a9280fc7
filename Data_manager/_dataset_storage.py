"""The archives that a Dataset is saved in; names and keys are the host's, which can load them and be loaded from."""

import hashlib
import os
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from Data_manager._id_index import IdIndex
from Recommenders.DataIO import DataIO

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

# Our addition to the global attributes: the hash of each archive of the same save. Two processes that save into one
# folder at once may leave archives of both; the host, which has no such key, would load the mixture.
_FINGERPRINTS = "_archive_sha256"


def _zip_path(folder: Path, archive: str) -> Path:
    return folder / f"{archive}.zip"


def sha256_of_file(path: Path) -> str:
    """The hexadecimal SHA-256 of a file's content."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write_dataset(folder: str | os.PathLike[str], arguments: Mapping[str, Any]) -> None:
    """Save the arguments of a Dataset, so that a crash leaves the folder with the whole data set or with none.

    The archives are written beside their place and renamed, `dataset_global_attributes.zip` last; while it is missing,
    `read_dataset` finds no data set.

    Parameters
    ----------
    folder : str or path
        Made if it is missing.
    arguments : mapping
        The arguments of the constructor of Dataset by name; empty dictionaries are not written.
    """
    root = Path(folder).resolve()
    root.mkdir(parents=True, exist_ok=True)
    archives = {archive: arguments[argument] for archive, (argument, _) in _ARCHIVES.items() if arguments[argument]}
    with TemporaryDirectory(prefix=".dataset_", dir=root) as staging:
        data_io = DataIO(folder_path=staging)
        for archive, content in archives.items():
            data_io.save_data(archive, content)
        attributes = {key: arguments[argument] for key, (argument, _) in _ATTRIBUTES.items()}
        attributes |= {key: dict(mapper) for key, mapper in attributes.items() if isinstance(mapper, IdIndex)}
        flags = {flag: bool(arguments[argument]) for argument, flag in _ARCHIVES.values() if flag is not None}
        fingerprints = {archive: sha256_of_file(_zip_path(Path(staging), archive)) for archive in archives}
        data_io.save_data(_GLOBAL_ATTRIBUTES, {**attributes, **flags, _FINGERPRINTS: fingerprints})

        _zip_path(root, _GLOBAL_ATTRIBUTES).unlink(missing_ok=True)
        for archive in (*archives, _GLOBAL_ATTRIBUTES):
            _zip_path(Path(staging), archive).replace(_zip_path(root, archive))


def _check_global_attributes(path: Path, attributes: Mapping[str, Any]) -> None:
    expected = {**{key: types for key, (_, types) in _ATTRIBUTES.items()}, **dict.fromkeys(_FLAGS, (bool,))}
    if set(attributes) - {_FINGERPRINTS} != set(expected):
        raise ValueError(f"{path} must hold the keys {sorted(expected)}, got {sorted(attributes)}")
    for key, types in {**expected, _FINGERPRINTS: (dict,)}.items():
        if not isinstance(attributes.get(key, {}), types):
            names = " or ".join(accepted.__name__ for accepted in types)
            raise ValueError(f"{path} must hold a {names} as {key}, got a {type(attributes[key]).__name__}")


def read_dataset(folder: str | os.PathLike[str]) -> dict[str, Any]:
    """Load the arguments of the Dataset that was saved in the folder.

    Raises
    ------
    FileNotFoundError
        If there is none, or one of its archives is missing.
    ValueError
        If an archive is damaged, does not hold what it should, or is not of the same save as the others.
    """
    root = Path(folder).resolve()
    data_io = DataIO(folder_path=str(root))
    attributes = data_io.load_data(_GLOBAL_ATTRIBUTES)
    _check_global_attributes(_zip_path(root, _GLOBAL_ATTRIBUTES), attributes)
    arguments = {argument: attributes[key] for key, (argument, _) in _ATTRIBUTES.items()}
    for archive, (argument, flag) in _ARCHIVES.items():
        if flag is not None and not attributes[flag]:
            continue
        path = _zip_path(root, archive)
        # a data set that the host saved has no fingerprints
        if path.exists() and attributes.get(_FINGERPRINTS, {}).get(archive, "") not in ("", sha256_of_file(path)):
            raise ValueError(
                f"{path} must be of the same save as the other archives in its folder, got another or damaged"
            )
        arguments[argument] = data_io.load_data(archive)
    return arguments
