"""Caches beside archives, in folders of every kind, and in the hands of others."""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from Data_manager.Dataset import Dataset
from tests.data_manager.storage.toy_cache import (
    FILES,
    TOY_ORIGIN,
    ToyReader,
    arrays_folders,
    assert_one_good_cache,
    cache,
    cached,
    content_of,
    files_below,
    first_ratings,
    flip_byte,
)
from tests.reference.data_toy import assert_same_content, toy


@pytest.fixture(autouse=True)
def _no_waiting_for_the_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "fsync", lambda descriptor: None)


def test_archives_are_loaded_where_they_are_found_and_no_cache_is_made_of_them(tmp_path: Path) -> None:
    folder = tmp_path / "Toy" / "original"
    toy().save_data(folder)
    before = files_below(folder)
    reader = ToyReader(tmp_path)
    assert_same_content(reader.load_data(), toy())
    assert reader.n_reads == 0
    assert files_below(folder) == before


def test_save_data_writes_archives_which_load_data_prefers(tmp_path: Path) -> None:
    cache(tmp_path, toy())
    other = toy(additional_data_mapper=None)
    other.save_data(tmp_path)
    loaded = Dataset()
    loaded.load_data(tmp_path)
    assert_same_content(loaded, other)
    reader = ToyReader(tmp_path)
    assert_same_content(reader.load_data(tmp_path), toy())  # what it was read from is known of the cache alone
    assert reader.n_reads == 0


def test_cache_is_written_beside_damaged_archives_and_goes_before_them(tmp_path: Path) -> None:
    toy().save_data(tmp_path)
    flip_byte(tmp_path / "dataset_URM.zip")
    reader = ToyReader(tmp_path)
    with pytest.warns(UserWarning, match=r"made anew.*dataset_URM.zip"):
        reader.load_data(tmp_path)
    assert_same_content(reader.load_data(tmp_path), toy())
    assert reader.n_reads == 1


def test_failed_load_data_leaves_the_data_set_as_it_was(tmp_path: Path) -> None:
    cache(tmp_path, toy())
    flip_byte(arrays_folders(tmp_path)[0] / FILES[0])
    dataset = toy(dataset_name="Mine")
    with pytest.raises(ValueError, match="is damaged"):
        dataset.load_data(tmp_path)
    assert_same_content(dataset, toy(dataset_name="Mine"))


@pytest.mark.parametrize(
    "name", ["with space", "日本 Zoë", "a'b\"c", "100%", "[ab]*" if os.name != "nt" else "[ab]", "x" * 200]
)
def test_folder_may_have_any_name(name: str, tmp_path: Path) -> None:
    if os.name == "nt" and '"' in name:
        pytest.skip("Windows has no such names")
    reader = ToyReader(tmp_path / name)
    reader.load_data()
    assert_same_content(reader.load_data(), toy())
    assert reader.n_reads == 1
    (tmp_path / name / "Toy" / "original" / f"dataset_cache_{'0' * 16}").mkdir()
    os.utime(tmp_path / name / "Toy" / "original" / f"dataset_cache_{'0' * 16}", (1, 1))
    ToyReader(tmp_path / name, reload_from_original_data=True).load_data()
    assert_one_good_cache(tmp_path / name / "Toy" / "original", toy())


def test_folder_may_have_dots_and_be_relative(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a").mkdir()
    monkeypatch.chdir(tmp_path / "a")
    for folder in ("b/../c", "../d", "."):
        reader = ToyReader(Path(folder))
        reader.load_data()
        reader.load_data(f"{folder}/Toy/../Toy/original/")
        assert reader.n_reads == 1


def test_cache_may_be_copied_and_moved(tmp_path: Path) -> None:
    ToyReader(tmp_path / "here").load_data()
    shutil.copytree(tmp_path / "here", tmp_path / "there")
    (tmp_path / "here").rename(tmp_path / "elsewhere")
    for name in ("there", "elsewhere"):
        reader = ToyReader(tmp_path / name)
        assert_same_content(reader.load_data(), toy())
        assert reader.n_reads == 0


@pytest.mark.skipif(os.name == "nt", reason="a symbolic link needs a privilege on Windows")
def test_folder_may_be_a_link_and_a_link_to_nowhere_is_said(tmp_path: Path) -> None:
    (tmp_path / "disk").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "disk", target_is_directory=True)
    reader = ToyReader(tmp_path)
    reader.load_data(tmp_path / "link")
    reader.load_data(tmp_path / "link")
    assert reader.n_reads == 1
    assert_one_good_cache(tmp_path / "disk", toy())

    (tmp_path / "dangling").symlink_to(tmp_path / "unplugged")
    with pytest.warns(UserWarning, match="cannot be written") as caught:
        assert_same_content(reader.load_data(tmp_path / "dangling"), toy())
    assert len(caught) == 1


@pytest.mark.skipif(os.name == "nt", reason="a symbolic link needs a privilege on Windows")
def test_what_a_link_leads_to_is_not_deleted(tmp_path: Path) -> None:
    folder = tmp_path / "cache"
    cache(folder, toy())
    arrays_folders(folder)[0].rename(tmp_path / "larger disk")
    content = content_of(folder)
    (folder / content["folder"]).symlink_to(tmp_path / "larger disk", target_is_directory=True)
    assert_same_content(cached(folder, TOY_ORIGIN), toy())
    cache(folder, toy())
    assert sorted(path.name for path in (tmp_path / "larger disk").iterdir()) == FILES


_AS_NOBODY = """
import os, sys, warnings
from pathlib import Path
import pytest
from tests.data_manager.storage.toy_cache import ToyReader, toy, assert_same_content
folder = Path(sys.argv[1])
ToyReader(folder, options={"k": 1}, verbose=False).load_data(folder / "with cache")  # may import what nobody may not
if os.getuid() == 0:
    os.setgroups([])
    os.setgid(65534)
    os.setuid(65534)
for name, n_warnings in (("with cache", 0), ("stale", 1), ("empty", 1), ("closed", 1)):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        reader = ToyReader(folder, options={"k": 1}, verbose=False)
        assert_same_content(reader.load_data(folder / name), toy())
    messages = [str(warning.message) for warning in caught]
    if name == "closed":
        assert "Permission denied" in messages[-1] and "cannot be written" in messages[-1], messages
    else:
        assert len(messages) == n_warnings and all("cannot be written" in text for text in messages), (name, messages)
    assert reader.n_reads == (name != "with cache")
"""


@pytest.mark.skipif(not hasattr(os, "setuid"), reason="the system has no users of this kind")
def test_folder_that_may_only_be_read_is_read_and_else_no_obstacle() -> None:
    # not in the folder of this run of the tests, which nobody else may enter
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        _check_folders_that_may_only_be_read(Path(name))


def _check_folders_that_may_only_be_read(tmp_path: Path) -> None:
    for name, options in (("with cache", {"k": 1}), ("stale", {"k": 2}), ("empty", None), ("closed", {"k": 1})):
        (tmp_path / name).mkdir()
        if options is not None:
            ToyReader(tmp_path, options=options).load_data(tmp_path / name)
        (tmp_path / name).chmod(0o000 if name == "closed" else 0o555)
    before = [path.name for path in tmp_path.rglob("*")]
    try:
        root = Path(__file__).parents[3]
        subprocess.run([sys.executable, "-c", _AS_NOBODY, str(tmp_path)], cwd=root, check=True)
        assert [path.name for path in tmp_path.rglob("*")] == before
    finally:
        for name in ("with cache", "stale", "empty", "closed"):
            (tmp_path / name).chmod(0o755)


def test_two_readers_with_options_of_their_own_share_a_folder_and_each_gets_its_own(
    source: Path, tmp_path: Path
) -> None:
    second_source = tmp_path / "second" / source.name  # the same name, another file
    second_source.parent.mkdir()
    second_source.write_text("2 2", encoding="utf-8")
    for _ in range(2):
        assert first_ratings(ToyReader(tmp_path, source).load_data()) == [4, 2]
        assert first_ratings(ToyReader(tmp_path, second_source).load_data()) == [2, 2]
    assert len(arrays_folders(tmp_path / "Toy" / "original")) == 1


def test_false_hashes_no_source_and_none_is_kept(source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    reader = ToyReader(tmp_path, source)
    monkeypatch.setattr(reader, "_source_files", lambda: pytest.fail("asked for its source"))
    assert first_ratings(reader.load_data(save_folder_path=False)) == [4, 2]
    assert sorted(path.name for path in tmp_path.iterdir()) == [source.name]
