"""A cache of other files, options, readers or data sets does not come back."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from Data_manager._storage.hashing import describe_sources
from Data_manager._storage.manifest import Origin, StaleCache
from Data_manager.Dataset import Dataset
from tests.data_manager.storage.toy_cache import (
    TOY_ORIGIN,
    ToyReader,
    arrays_folders,
    cache,
    cached,
    files_below,
    first_ratings,
)
from tests.reference.data_toy import toy


@pytest.fixture(autouse=True)
def _no_waiting_for_the_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "fsync", lambda descriptor: None)


def test_changed_source_is_read_anew_and_said(source: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert first_ratings(ToyReader(tmp_path, source).load_data()) == [4, 2]
    status = source.stat()
    source.write_text("1 3", encoding="utf-8")  # as long as before
    os.utime(source, ns=(status.st_atime_ns, status.st_mtime_ns))
    capsys.readouterr()
    reader = ToyReader(tmp_path, source)
    assert first_ratings(reader.load_data()) == [1, 3]
    assert f"is not used: the original files have changed ({source.name}). Reading from" in capsys.readouterr().out
    assert len(arrays_folders(tmp_path / "Toy" / "original")) == 1
    assert first_ratings(reader.load_data()) == [1, 3]
    assert reader.n_reads == 1


def test_source_that_is_touched_or_gone_or_unreadable_changes_nothing(source: Path, tmp_path: Path) -> None:
    ToyReader(tmp_path, source).load_data()
    reader = ToyReader(tmp_path, source)
    os.utime(source, (1, 1))
    reader.load_data()
    source.unlink()
    assert first_ratings(reader.load_data()) == [4, 2]
    assert reader.n_reads == 0
    assert describe_sources([tmp_path, source]) == ()


def test_source_that_vanishes_before_it_is_hashed_is_as_if_it_were_not_there(source: Path, tmp_path: Path) -> None:
    ToyReader(tmp_path, source).load_data()
    reader = ToyReader(tmp_path, source)
    reader._source_files = lambda: [tmp_path / "gone"]  # type: ignore[method-assign]
    assert first_ratings(reader.load_data()) == [4, 2]
    assert reader.n_reads == 0


def test_source_that_changes_while_it_is_read_is_read_anew_by_the_next(source: Path, tmp_path: Path) -> None:
    reader = ToyReader(tmp_path, source)
    read = reader._load_from_original_file

    def read_after_change() -> Dataset:
        source.write_text("3 3", encoding="utf-8")
        dataset = read()
        source.write_text("4 2", encoding="utf-8")
        return dataset

    source.write_text("1 1", encoding="utf-8")
    reader._load_from_original_file = read_after_change  # type: ignore[method-assign]
    reader.load_data()
    assert first_ratings(ToyReader(tmp_path, source).load_data()) == [4, 2]


def test_source_that_appears_while_it_is_read_is_what_the_data_is_made_from(source: Path, tmp_path: Path) -> None:
    """As a download does."""
    content = source.read_text(encoding="utf-8")
    source.unlink()
    reader = ToyReader(tmp_path, source)
    read = reader._load_from_original_file

    def download_and_read() -> Dataset:
        source.write_text(content, encoding="utf-8")
        return read()

    reader._load_from_original_file = download_and_read  # type: ignore[method-assign]
    reader.load_data()
    again = ToyReader(tmp_path, source)
    again.load_data()
    assert again.n_reads == 0
    source.write_text("5 5", encoding="utf-8")
    assert first_ratings(again.load_data()) == [5, 5]


@pytest.mark.parametrize(
    ("before", "after"), [({}, {"k": 1}), ({"k": 1}, {"k": 2}), ({"k": 1}, {"k": "1"}), ({"k": [1, 2]}, {"k": [2, 1]})]
)
def test_changed_options_are_read_anew_and_said(
    before: Any, after: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ToyReader(tmp_path, options=before).load_data()
    same, changed = ToyReader(tmp_path, options=before), ToyReader(tmp_path, options=after)
    same.load_data()
    capsys.readouterr()
    changed.load_data()
    assert (same.n_reads, changed.n_reads) == (0, 1)
    assert (
        f"is not used: it was made with other options (ToyReader, {json.dumps(before)}). Reading from"
        in capsys.readouterr().out
    )


def test_options_are_compared_as_json_has_them(tmp_path: Path) -> None:
    options = {"columns": ("ü", 1, None, 0.1), 3: {"a": True}}
    ToyReader(tmp_path, options=options).load_data()
    reader = ToyReader(tmp_path, options=options)
    reader.load_data()
    assert reader.n_reads == 0


@pytest.mark.parametrize("options", [{"path": Path()}, {"k": float("nan")}])
def test_options_that_json_cannot_hold_are_refused_before_reading(options: Any, tmp_path: Path) -> None:
    reader = ToyReader(tmp_path, options=options)
    with pytest.raises((TypeError, ValueError), match="JSON"):
        reader.load_data()
    assert reader.n_reads == 0


def test_another_reader_of_the_same_data_set_reads_anew_and_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    class StricterReader(ToyReader):
        pass

    ToyReader(tmp_path).load_data()
    reader = StricterReader(tmp_path)
    reader.load_data()
    assert reader.n_reads == 1
    assert "is not used: it was made with other options (ToyReader, {}). Reading from" in capsys.readouterr().out


@pytest.mark.parametrize(("keeps", "reload"), [(True, False), (True, True), (False, False)])
def test_another_data_set_in_the_folder_is_refused_and_left_alone(keeps: bool, reload: bool, tmp_path: Path) -> None:
    class OtherReader(ToyReader):
        DATASET_SUBFOLDER = "Other/"
        KEEPS_DATASET = keeps

    cache(tmp_path, toy())
    before = files_below(tmp_path)
    reader = OtherReader(tmp_path, reload_from_original_data=reload)
    with pytest.raises(ValueError, match=r"save_folder_path must be a folder that holds Other.*which holds Toy"):
        reader.load_data(tmp_path)
    assert reader.n_reads == 0
    assert files_below(tmp_path) == before


def test_archives_of_another_data_set_are_refused_and_left_alone(tmp_path: Path) -> None:
    toy(dataset_name="Other").save_data(tmp_path)
    before = files_below(tmp_path)
    with pytest.raises(ValueError, match=r"that holds Toy or no data set.*which holds Other"):
        ToyReader(tmp_path).load_data(tmp_path)
    assert files_below(tmp_path) == before


def test_another_data_set_that_comes_into_the_folder_meanwhile_is_not_given_out(tmp_path: Path) -> None:
    cache(tmp_path, toy(dataset_name="Other"), Origin("Other", "ToyReader", {}, ()))
    with pytest.raises(StaleCache, match=r"another data set \(Other\)"):
        cached(tmp_path, TOY_ORIGIN)
