"""The archives of a split: exchanged with the host, whole or not there, never a mixture."""

import shutil
import warnings
import zipfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import scipy.sparse as sps

from Data_manager.Dataset import Dataset
from Data_manager.DataSplitter import DataSplitter
from Data_manager.DataSplitter_global_time import DataSplitter_global_time
from Data_manager.DataSplitter_Holdout import DataSplitter_Holdout
from Data_manager.DataSplitter_leave_k_out import DataSplitter_leave_k_out
from recsys_common.archives.folder import ArchiveFolder
from tests.data_manager.storage import saved_splits
from tests.data_manager.storage.saved_splits import (
    ARCHIVES,
    OUR_KEYS,
    SEED_ARCHIVE,
    Make,
    assert_same_split,
    load,
    load_quietly,
)
from tests.reference.data_splitters import MemoryReader, dataset_by_id, some_dataset, split_by_id
from tests.reference.host_archive import read_host_archive, write_host_archive

HOLDOUT_KEYS = {"input_split_interaction_quota_list", "actual_split_interaction_quota_list", "allow_cold_users"}
LEAVE_K_OUT_KEYS = {"k_out_value", "allow_cold_users", "removed_cold_users"}

SPLITTERS: dict[str, tuple[Make, str, set[str]]] = {
    "holdout": (DataSplitter_Holdout, "_only_warm_users_user_wise", HOLDOUT_KEYS | OUR_KEYS | {"user_wise"}),
    "leave k out": (
        DataSplitter_leave_k_out,
        "_only_warm_users_use_validation_set",
        LEAVE_K_OUT_KEYS | OUR_KEYS | {"use_validation_set", "leave_random_out"},
    ),
    "no validation": (
        partial(DataSplitter_leave_k_out, use_validation_set=False),
        "_only_warm_users_no_validation_set",
        LEAVE_K_OUT_KEYS | OUR_KEYS | {"use_validation_set", "leave_random_out"},
    ),
    "global time": (
        DataSplitter_global_time,
        "_only_warm_users",
        HOLDOUT_KEYS | OUR_KEYS - {"random_seed"} | {"validation_start", "test_start"},
    ),
}
every_splitter = pytest.mark.parametrize(("make", "suffix", "keys"), SPLITTERS.values(), ids=SPLITTERS)


def test_features_that_are_not_there_have_empty_archives(tmp_path: Path) -> None:
    """Whether the host looks for these files is not for them to decide."""
    load(tmp_path, dataset=some_dataset(ICM_dictionary=None, UCM_dictionary=None))
    for archive in ARCHIVES[3:]:
        assert zipfile.ZipFile(tmp_path / f"{archive}_only_warm_users_user_wise.zip").namelist() == []


@every_splitter
def test_files_and_keys_are_those_of_the_contract(make: Make, suffix: str, keys: set[str], tmp_path: Path) -> None:
    splitter = load(tmp_path, make)
    archives = [*ARCHIVES, SEED_ARCHIVE] if "random_seed" in keys else ARCHIVES
    assert {path.name for path in tmp_path.iterdir()} == {f"{archive}{suffix}.zip" for archive in archives}
    members = {
        archive: {Path(name).stem for name in zipfile.ZipFile(tmp_path / f"{archive}{suffix}.zip").namelist()}
        for archive in ARCHIVES
    }
    assert members["split_parameters"] == keys
    assert members["split_mappers"] == {"user_original_ID_to_index", "item_original_ID_to_index"}
    assert members["split_URM"] == set(splitter.SPLIT_URM_DICT) >= {"URM_train", "URM_test"}
    assert members["split_ICM"] == members["split_ICM_mappers"] == {"ICM_genres"}
    assert members["split_UCM"] == members["split_UCM_mappers"] == {"UCM_age"}


@every_splitter
@pytest.mark.parametrize("as_given", [lambda p: p, lambda p: f"{p}", lambda p: f"{p}/"], ids=["path", "str", "slash"])
def test_a_saved_split_loads_as_it_was(
    make: Make, suffix: str, keys: set[str], as_given: Callable[[Path], Any], tmp_path: Path
) -> None:
    first = load(as_given(tmp_path / "new" / "folder"), make)
    again = load_quietly(tmp_path / "new" / "folder", make)
    assert_same_split(first, again)
    found, recorded = first.get_split_parameters(), again.get_split_parameters()
    assert recorded.keys() == found.keys()
    assert all(np.array_equal(recorded[key], value) for key, value in found.items())


@every_splitter
def test_the_host_reads_what_is_saved_and_takes_no_harm(
    make: Make, suffix: str, keys: set[str], tmp_path: Path
) -> None:
    """It sets every key of split_parameters as an attribute of its splitter."""
    splitter = load(tmp_path / "split", make)
    host = {
        archive: read_host_archive(tmp_path / "split" / f"{archive}{suffix}.zip", tmp_path / archive)
        for archive in ARCHIVES
    }
    assert host["split_mappers"] == splitter.SPLIT_GLOBAL_MAPPER_DICT
    for name, URM in splitter.SPLIT_URM_DICT.items():
        assert (host["split_URM"][name] != URM).nnz == 0
    assert not any(hasattr(DataSplitter, key) or key.startswith("SPLIT_") for key in host["split_parameters"])
    for key in ("k_out_value", "input_split_interaction_quota_list", "allow_cold_users"):
        if key in host["split_parameters"]:
            assert host["split_parameters"][key] == getattr(splitter, key)


def save_as_host(
    folder: Path, splitter: DataSplitter, parameters: dict[str, Any], **other_URMs: sps.csr_matrix
) -> None:
    """The archives of the host, which knows nothing of our keys."""
    folder.mkdir(exist_ok=True)
    contents = {
        "split_parameters": parameters,
        "split_mappers": splitter.SPLIT_GLOBAL_MAPPER_DICT,
        "split_URM": {**splitter.SPLIT_URM_DICT, **other_URMs},
        "split_ICM": splitter.SPLIT_ICM_DICT,
        "split_ICM_mappers": splitter.SPLIT_ICM_MAPPER_DICT,
        "split_UCM": splitter.SPLIT_UCM_DICT,
        "split_UCM_mappers": splitter.SPLIT_UCM_MAPPER_DICT,
    }
    for archive, content in contents.items():
        if content:
            write_host_archive(folder / f"{archive}{splitter._file_suffix()}.zip", content)


def host_parameters(splitter: DataSplitter) -> dict[str, Any]:
    found = splitter.get_split_parameters()
    return {key: found[key] for key in (HOLDOUT_KEYS | LEAVE_K_OUT_KEYS) & set(found)}


@pytest.mark.parametrize("make", [DataSplitter_Holdout, DataSplitter_leave_k_out])
@pytest.mark.parametrize("features", [True, False])
def test_a_split_that_the_host_saved_loads(make: Make, features: bool, tmp_path: Path) -> None:
    dataset = some_dataset() if features else some_dataset(ICM_dictionary=None, UCM_dictionary=None)
    original = make(MemoryReader(dataset), verbose=False)
    original.load_data(save_folder_path=False)
    save_as_host(tmp_path, original, host_parameters(original))
    assert_same_split(load_quietly(tmp_path, make, dataset=dataset), original)
    with pytest.warns(UserWarning, match="random_seed: saved without one, asked 3"):
        assert load(tmp_path, make, dataset, random_seed=3).get_split_parameters()["random_seed"] == 3


def test_a_split_that_the_host_saved_of_another_data_set_is_not_used(tmp_path: Path) -> None:
    original = load(tmp_path / "ours", dataset=some_dataset(seed=1))
    save_as_host(tmp_path, original, host_parameters(original))
    with pytest.raises(ValueError, match=r"random_seed must be the seed of the saved split .* (ids|parts of a split)"):
        load(tmp_path)
    with pytest.warns(UserWarning, match="saved without one, asked 3.*made anew"):
        load(tmp_path, random_seed=3)


def test_what_the_host_takes_for_the_last_ones_is_not_used(tmp_path: Path) -> None:
    """They are the highest rated."""
    original = load(tmp_path / "ours", DataSplitter_leave_k_out, leave_random_out=False)
    save_as_host(tmp_path, original, host_parameters(original))
    with pytest.warns(UserWarning, match="leave_random_out: saved without one, asked False"):
        load(tmp_path, DataSplitter_leave_k_out, leave_random_out=False)


def test_a_split_that_lost_interactions_is_not_used(tmp_path: Path) -> None:
    """As the host's does without a validation set: k of each user."""
    make = partial(DataSplitter_leave_k_out, use_validation_set=False)
    original = load(tmp_path / "ours", make)
    lossy = original.SPLIT_URM_DICT["URM_train"].copy()
    lossy.data[lossy.indptr[:-1]] = 0
    lossy.eliminate_zeros()
    save_as_host(tmp_path, original, host_parameters(original), URM_train=lossy)
    with pytest.raises(ValueError, match=r"random_seed must be the seed of the saved .*the parts of a split must"):
        load(tmp_path, make)


def test_a_folder_that_cannot_be_written_is_no_obstacle(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("a file is no folder, for root either", encoding="utf-8")
    with pytest.warns(UserWarning, match="cannot be written .* the split is not saved") as caught:
        splitter = load(tmp_path / "file")
    assert len(caught) == 1 and caught[0].filename == saved_splits.__file__
    assert set.union(*split_by_id(splitter).values()) <= dataset_by_id(some_dataset())


@every_splitter
def test_archives_of_two_saves_are_never_loaded_as_one(make: Make, suffix: str, keys: set[str], tmp_path: Path) -> None:
    """Two processes that save into one folder at once can leave the matrices of one and the mappers of the other."""
    load(tmp_path / "one", make)
    load(tmp_path / "other", make, some_dataset(seed=1))
    shutil.copy(tmp_path / "one" / f"split_URM{suffix}.zip", tmp_path / "other")
    with pytest.warns(UserWarning, match=rf"split_URM{suffix}\.zip is damaged or from another save"):
        load(tmp_path / "other", make, some_dataset(seed=1))


@pytest.mark.parametrize("n_before", range(10))
def test_a_crash_while_saving_leaves_the_old_split_or_the_new_one(
    n_before: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is saved while no more is written, but archives deleted and renamed."""
    old = load(tmp_path, random_seed=1)
    replace, n_calls = Path.replace, []

    class Crash(BaseException):
        """As when the process is killed."""

    def crash(self: Path, target: Path) -> Path:
        if self.name.endswith(".new") or self.parent.name.endswith(".arriving"):
            n_calls.append(target)
            if len(n_calls) > n_before:
                raise Crash
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", crash)
    if n_before < 9:
        with pytest.raises(Crash):
            load(tmp_path, random_seed=2, force_new_split=True)
        assert not (tmp_path / "split_parameters_only_warm_users_user_wise.zip").exists(), "the host finds nothing"
    else:
        load(tmp_path, random_seed=2, force_new_split=True)
    monkeypatch.undo()
    left = load_quietly(tmp_path)
    assert left.get_split_parameters()["random_seed"] == 2
    assert split_by_id(left) != split_by_id(old)
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".")]


def test_an_error_while_writing_leaves_the_old_split(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    old = load(tmp_path)

    def full(self: ArchiveFolder, name: str, content: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(ArchiveFolder, "save", full)
    with pytest.warns(UserWarning, match="No space left"):
        load(tmp_path, force_new_split=True)
    monkeypatch.undo()
    assert_same_split(load_quietly(tmp_path), old)
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".")]


def test_a_bad_split_is_never_saved(tmp_path: Path) -> None:
    """The host saves first and verifies then, so that every later load fails."""

    class Forgetful(DataSplitter_Holdout):
        def _divide(self, dataset: Dataset, random_seed: int) -> Any:
            kept, URMs, found = super()._divide(dataset, random_seed)
            return kept, {**URMs, "URM_test": 2 * URMs["URM_test"]}, found

    before = load(tmp_path)
    with pytest.raises(ValueError, match="the parts of a split must hold"):
        load(tmp_path, Forgetful, force_new_split=True)
    assert_same_split(load_quietly(tmp_path), before)
    with pytest.raises(ValueError, match="the parts of a split must hold"):
        load(tmp_path / "new", Forgetful)
    assert not (tmp_path / "new").exists()


def test_after_an_error_the_splitter_is_what_it_was(tmp_path: Path) -> None:
    splitter = load(tmp_path)
    before = split_by_id(splitter)
    splitter.dataReader_object = MemoryReader(Dataset("Memory", {"URM_all": sps.csr_matrix([[1.0]])}))
    with pytest.raises(ValueError), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        splitter.load_data(tmp_path)
    assert split_by_id(splitter) == before
    splitter.get_holdout_split()
