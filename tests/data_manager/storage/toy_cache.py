"""The toy data set in a cache: its reader, and what a cache is expected to look like."""

import json
import tempfile
import warnings
from pathlib import Path
from typing import Any

import pytest

from Data_manager._storage.cache import read_cache, write_cache
from Data_manager._storage.manifest import MANIFEST, Origin
from Data_manager.DataReader import DataReader
from Data_manager.Dataset import Dataset
from tests.reference.data_toy import assert_same_content, toy

TOY_ORIGIN = Origin("Toy", "ToyReader", {}, ())


class ToyReader(DataReader):
    """The toy data set; the numbers of its one source file, if it is there, are the first user's ratings."""

    DATASET_SUBFOLDER = "Toy/"

    def __init__(self, data_folder: Path, source: Path | None = None, options: Any = None, **arguments: Any) -> None:
        super().__init__(data_folder=data_folder, **arguments)
        self.source = source
        self.options = options or {}
        self.n_reads = 0

    def _source_files(self) -> list[Path]:
        return [self.source] if self.source is not None and self.source.is_file() else []

    def _reader_options(self) -> dict[str, Any]:
        return self.options

    def _load_from_original_file(self) -> Dataset:
        self.n_reads += 1
        dataset = toy()
        if self.source is not None:
            dataset.AVAILABLE_URM["URM_all"].data[:2] = list(map(float, self.source.read_text().split()))
        return dataset


def cache(folder: Path, dataset: Dataset, origin: Origin = TOY_ORIGIN) -> None:
    write_cache(folder, dataset._parts(), origin)


def cached(folder: Path, origin: Origin | None = None) -> Dataset:
    return Dataset._from_parts(**read_cache(folder, origin))


def arrays_folders(folder: Path) -> list[Path]:
    return sorted(path for path in folder.glob("dataset_cache_*") if path.is_dir())


def files_below(folder: Path) -> dict[str, tuple[bytes, int]]:
    return {
        str(path.relative_to(folder)): (path.read_bytes(), path.stat().st_mtime_ns)
        for path in folder.rglob("*")
        if path.is_file()
    }


def assert_one_good_cache(folder: Path, expected: Dataset) -> None:
    """The manifest's folder is the only one, nothing else is there, and it is loaded without a word."""
    manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    assert [path.name for path in arrays_folders(folder)] == [manifest["folder"]]
    assert sorted(path.name for path in folder.iterdir()) == sorted([MANIFEST, manifest["folder"]])
    assert sorted(path.name for path in (folder / manifest["folder"]).iterdir()) == sorted(manifest["files"])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert_same_content(cached(folder), expected)


def assert_rebuilt_with_warning(folder: Path, named: str, **arguments: Any) -> None:
    """Loading warns once, naming the file, gives the right data, and leaves a good cache; Dataset.load_data refuses."""
    with pytest.raises((ValueError, OSError)) as refused:
        Dataset().load_data(folder)
    assert named in str(refused.value)
    reader = ToyReader(folder, **arguments)
    with pytest.warns(UserWarning) as caught:
        dataset = reader.load_data(folder)
    assert len(caught) == 1
    assert named in str(caught[0].message) and "made anew" in str(caught[0].message)
    assert reader.n_reads == 1
    assert_same_content(dataset, toy())


def _files_of_a_cache() -> list[str]:
    with tempfile.TemporaryDirectory() as folder:
        cache(Path(folder), toy())
        return sorted(path.name for path in arrays_folders(Path(folder))[0].iterdir())


FILES = _files_of_a_cache()


def first_ratings(dataset: Dataset) -> list[float]:
    ratings: list[float] = dataset.get_URM_all().data[:2].tolist()
    return ratings


def flip_byte(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(bytes(content))


def content_of(folder: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    return content
