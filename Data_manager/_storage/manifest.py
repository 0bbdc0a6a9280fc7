"""What a kept data set was made from, and the manifest, a JSON file that says so and has the hash of every file."""

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from Data_manager._storage.file_hash import hash_of_file
from recsys_common.atomic_file import atomic_path
from recsys_common.files import check_regular

MANIFEST = "dataset_cache.json"
FORMAT_VERSION = 1
FOLDER_NAME = re.compile(r"dataset_cache_[0-9a-f]{16}")

_FILE_NAME = re.compile(r"[a-z0-9_]+\.(npy|zip)")
_N_THREADS = 2


class StaleCache(ValueError):
    """A whole cache of something else than what is asked for; the message says what it is of."""


@dataclass(frozen=True)
class Origin:
    """What a data set is made from.

    Parameters
    ----------
    dataset_name, reader : str
    options : mapping of str to what JSON gives back as it is
        The reader's options, as far as the data set depends on them.
    sources : tuple of dict
        Name, size in bytes and SHA-256 of each original file; empty if they are not there, or the reader has none.
    """

    dataset_name: str
    reader: str
    options: Mapping[str, Any]
    sources: tuple[Mapping[str, Any], ...]

    def check(self, manifest: Mapping[str, Any]) -> None:
        """Raise StaleCache if the manifest is of another origin."""
        if manifest["dataset_name"] != self.dataset_name:
            raise StaleCache(f"another data set ({manifest['dataset_name']})")
        if (manifest["reader"], manifest["options"]) != (self.reader, self.options):
            raise StaleCache(f"other options ({manifest['reader']}, {json.dumps(manifest['options'])})")
        if self.sources and manifest["sources"] != list(self.sources):
            names = ", ".join(str(source["name"]) for source in self.sources[:3])
            raise StaleCache(f"another edition of the original files ({names})")


def describe_sources(paths: Iterable[Path]) -> tuple[Mapping[str, Any], ...]:
    """Name, size and hash of files, in the form of `Origin.sources`; nothing if one of them cannot be read."""
    try:
        with ThreadPoolExecutor(_N_THREADS) as threads:
            return tuple(threads.map(lambda path: {"name": path.name, **fingerprint(path)}, paths))
    except (OSError, ValueError):  # whoever needs the file will say so
        return ()


def fingerprint(path: Path) -> dict[str, Any]:
    """Size in bytes and SHA-256 of a file."""
    return {"bytes": path.stat().st_size, "sha256": hash_of_file(path, "sha256")}


def write_manifest(folder: Path, origin: Origin, content: Mapping[str, Any]) -> None:
    """Bring a cache into force: replace the manifest by one of this origin, with this further content."""
    content = {"format_version": FORMAT_VERSION, **vars(origin), **content}
    with atomic_path(folder / MANIFEST) as path:
        path.write_text(json.dumps({"sha256": _hash_of(content), **content}, indent=1), encoding="utf-8")


def _hash_of(content: Any) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode("ascii")).hexdigest()


def read_manifest(folder: Path) -> dict[str, Any]:
    """The content of the manifest, once it has been found whole.

    Raises
    ------
    FileNotFoundError
        If there is none.
    StaleCache
        If it is of another version of the format; every version has the hash in the same way.
    ValueError
        If it is damaged, or has names that leave the folder.
    """
    path = folder / MANIFEST
    try:
        check_regular(path)
        content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        if content.pop("sha256") != _hash_of(content):
            raise ValueError("its hash is another")
        version = content["format_version"]
        if version == FORMAT_VERSION and not _names_are_safe(content):
            raise ValueError("a name that leaves the folder")
    except (KeyError, TypeError, AttributeError, ValueError, RecursionError) as error:
        raise ValueError(f"'{path}' is damaged ({type(error).__name__}: {error})") from error
    if version != FORMAT_VERSION:
        raise StaleCache(f"another format ('{path}' has version {version}, this program {FORMAT_VERSION})")
    return content


def _names_are_safe(content: Mapping[str, Any]) -> bool:
    return FOLDER_NAME.fullmatch(content["folder"]) is not None and all(map(_FILE_NAME.fullmatch, content["files"]))


def _manifest_in_force(folder: Path) -> Mapping[str, Any]:
    """The manifest; an empty one if there is none, or none that can be read."""
    try:
        return read_manifest(folder)
    except (OSError, ValueError):
        return {}


def folder_in_force(folder: Path) -> Path | None:
    """The folder that the manifest names, if there is one."""
    name = _manifest_in_force(folder).get("folder")
    return None if name is None else folder / name


def dataset_in_force(folder: Path) -> str | None:
    """The name of the data set that the folder keeps, if there is one."""
    return _manifest_in_force(folder).get("dataset_name")


def check_files(folder: Path, files: Mapping[str, Any]) -> None:
    """Raise ValueError, with its path, if a file is not what the manifest says, FileNotFoundError if it is missing."""
    with ThreadPoolExecutor(_N_THREADS) as threads:
        found = threads.map(lambda name: fingerprint(folder / name), files)
        for name, of_file in zip(files, found):
            if of_file != files[name]:
                raise ValueError(f"'{folder / name}' is damaged")
