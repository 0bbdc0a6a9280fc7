"""The manifest of a cache: what the cached data set was made from, and the hash of every file.

`Origin.check` says why a whole cache is not used; `read_manifest` and `check_files` say that it is damaged.
"""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from recsys_common.atomic_file import atomic_path
from recsys_common.files import check_regular

MANIFEST = "dataset_cache.json"
FORMAT_VERSION = 1
FOLDER_NAME = re.compile(r"dataset_cache_[0-9a-f]{16}")

_FILE_NAME = re.compile(r"[a-z0-9_]+\.(npy|zip)")


class StaleCache(ValueError):
    """A whole cache that was made from something else than what is asked for; the message says what differs."""


@dataclass(frozen=True)
class Origin:
    """What a data set is made from: its name, its reader, and those options of the reader that it depends on.

    `sources` has name, size in bytes and SHA-256 of each original file; it is empty if there are no such files.
    """

    dataset_name: str
    reader: str
    options: Mapping[str, Any]  # as JSON gives them back
    sources: tuple[Mapping[str, Any], ...]

    def check(self, manifest: Mapping[str, Any]) -> None:
        """Raise StaleCache if the cache was made from another origin."""
        if manifest["dataset_name"] != self.dataset_name:
            raise StaleCache(f"it holds another data set ({manifest['dataset_name']})")
        if (manifest["reader"], manifest["options"]) != (self.reader, self.options):
            raise StaleCache(
                f"it was made with other options ({manifest['reader']}, {json.dumps(manifest['options'])})"
            )
        if self.sources and manifest["sources"] != list(self.sources):
            names = ", ".join(str(source["name"]) for source in self.sources[:3])
            raise StaleCache(f"the original files have changed ({names})")


def write_manifest(folder: Path, origin: Origin, content: Mapping[str, Any]) -> None:
    """Replace the manifest, and by this the cache, by one of this origin with this further content."""
    content = {"format_version": FORMAT_VERSION, **vars(origin), **content}
    with atomic_path(folder / MANIFEST) as path:
        path.write_text(json.dumps({"sha256": _hash_of(content), **content}, indent=1), encoding="utf-8")


def read_manifest(folder: Path) -> dict[str, Any]:
    """Return the content of the manifest once it has been found whole.

    FileNotFoundError if the folder has no manifest; StaleCache if it has another version of the format (every version
    has its own hash in the same place); ValueError if it is damaged, or has a name that leads out of the folder.
    """
    path = folder / MANIFEST
    try:
        check_regular(path)
        content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        if content.pop("sha256") != _hash_of(content):
            raise ValueError("its hash does not fit")
        version = content["format_version"]
        if version == FORMAT_VERSION and not _names_are_safe(content):
            raise ValueError("it has a name that leads out of the folder")
    except (KeyError, TypeError, AttributeError, ValueError, RecursionError) as error:
        raise ValueError(f"'{path}' is damaged ({type(error).__name__}: {error})") from error
    if version != FORMAT_VERSION:
        raise StaleCache(f"it has another format ('{path}' has version {version}, this program {FORMAT_VERSION})")
    return content


def cache_folder(folder: Path) -> Path | None:
    """Return the folder of arrays that the manifest names; None without a readable manifest."""
    name = _manifest_or_empty(folder).get("folder")
    return None if name is None else folder / name


def cached_name(folder: Path) -> str | None:
    """Return the name of the cached data set; None without a readable manifest."""
    return _manifest_or_empty(folder).get("dataset_name")


def _manifest_or_empty(folder: Path) -> Mapping[str, Any]:
    try:
        return read_manifest(folder)
    except (OSError, ValueError):
        return {}


def _hash_of(content: Any) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode("ascii")).hexdigest()


def _names_are_safe(content: Mapping[str, Any]) -> bool:
    return FOLDER_NAME.fullmatch(content["folder"]) is not None and all(map(_FILE_NAME.fullmatch, content["files"]))
