"""The archives of a split: exchanged with the host, never a mixture, never of other parameters, never trusted."""

import re
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
from Recommenders.DataIO import DataIO
from tests.reference.data_splitters import MemoryReader, dataset_by_id, some_dataset, split_by_id
from tests.reference.host_archive import read_host_archive, write_host_archive

ARCHIVES = (
    "split_parameters",
    "split_mappers",
    "split_URM",
    "split_ICM",
    "split_ICM_mappers",
    "split_UCM",
    "split_UCM_mappers",
)
HOLDOUT_KEYS = {"input_split_interaction_quota_list", "actual_split_interaction_quota_list", "allow_cold_users"}
LEAVE_K_OUT_KEYS = {"k_out_value", "allow_cold_users", "removed_cold_users"}
OUR_KEYS = {"random_seed", "dataset_fingerprint", "format_version", "_archive_sha256"}

Make = Callable[..., DataSplitter]
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


def load(folder: Path, make: Make = DataSplitter_Holdout, dataset: Dataset | None = None, **more: Any) -> DataSplitter:
    splitter = make(MemoryReader(dataset or some_dataset()), verbose=False, **more)
    splitter.load_data(folder)
    return splitter


def load_quietly(folder: Path, make: Make = DataSplitter_Holdout, **more: Any) -> DataSplitter:
    """No warning, and no new split."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return load(folder, make, forbid_new_split=True, **more)


def assert_same_split(first: DataSplitter, second: DataSplitter) -> None:
    assert split_by_id(first) == split_by_id(second)
    assert list(first.SPLIT_URM_DICT) == list(second.SPLIT_URM_DICT)
    assert first.SPLIT_GLOBAL_MAPPER_DICT == second.SPLIT_GLOBAL_MAPPER_DICT
    assert first.SPLIT_ICM_MAPPER_DICT == second.SPLIT_ICM_MAPPER_DICT
    assert first.SPLIT_UCM_MAPPER_DICT == second.SPLIT_UCM_MAPPER_DICT
    for one, other in ((first.SPLIT_ICM_DICT, second.SPLIT_ICM_DICT), (first.SPLIT_UCM_DICT, second.SPLIT_UCM_DICT)):
        assert one.keys() == other.keys()
        assert all((one[name] != other[name]).nnz == 0 for name in one)


@every_splitter
def test_files_and_keys_are_those_of_the_contract(make: Make, suffix: str, keys: set[str], tmp_path: Path) -> None:
    splitter = load(tmp_path, make)
    assert {path.name for path in tmp_path.iterdir()} == {f"{archive}{suffix}.zip" for archive in ARCHIVES}
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
    with pytest.warns(UserWarning, match=r"must hold the ids of the data set|parts of a split must"):
        load(tmp_path)


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
    with pytest.warns(UserWarning, match="the parts of a split must hold"):
        load(tmp_path, make)


DIFFERENT: dict[str, tuple[dict[str, Any], dict[str, Any], str]] = {
    # the folder and the suffix tell most splits apart by themselves; these are the same for both
    "quotas": ({}, {"split_interaction_quota_list": [80, 10, 10]}, "saved [70, 10, 20], asked [80, 10, 10]"),
    "seed": ({"random_seed": 1}, {"random_seed": 2}, "random_seed: saved 1, asked 2"),
    "ratings": ({}, {"dataset": some_dataset(seed=1)}, "dataset_fingerprint: saved"),
    "times": ({}, {"dataset": some_dataset(with_times=False)}, "dataset_fingerprint: saved"),
    "features": ({}, {"dataset": some_dataset(ICM_dictionary=None)}, "dataset_fingerprint: saved"),
    "users": (
        {},
        {"dataset": some_dataset(user_original_ID_to_index={f"v{user}": user for user in range(30)})},
        "dataset_fingerprint: saved",
    ),
    "items": (
        {},
        {"dataset": some_dataset(item_original_ID_to_index={str(item): item for item in range(20)})},
        "dataset_fingerprint: saved",
    ),
    "k": (
        {"make": DataSplitter_leave_k_out},
        {"make": DataSplitter_leave_k_out, "k_out_value": 2},
        "k_out_value: saved 1, asked 2",
    ),
    "random or last": (
        {"make": DataSplitter_leave_k_out},
        {"make": DataSplitter_leave_k_out, "leave_random_out": False},
        "leave_random_out: saved True, asked False",
    ),
    "quotas of time": (
        {"make": DataSplitter_global_time},
        {"make": DataSplitter_global_time, "split_interaction_quota_list": [60, 20, 20]},
        "saved [70, 10, 20], asked [60, 20, 20]",
    ),
}


@pytest.mark.parametrize(("saved", "asked", "text"), DIFFERENT.values(), ids=DIFFERENT)
def test_a_split_of_other_parameters_is_made_anew_and_said(
    saved: dict[str, Any], asked: dict[str, Any], text: str, tmp_path: Path
) -> None:
    """The host reuses whatever has the right file name."""
    load(tmp_path, **saved)
    with pytest.raises(ValueError, match=f"forbid_new_split must be False.*{re.escape(text)}"):
        load(tmp_path, **asked, forbid_new_split=True)
    with pytest.warns(UserWarning, match=f"{re.escape(text)}.*It is made anew") as caught:
        remade = load(tmp_path, **asked)
    assert len(caught) == 1 and caught[0].filename == __file__
    assert str(tmp_path) in str(caught[0].message)
    again = {key: value for key, value in asked.items() if key != "make"}
    assert_same_split(load_quietly(tmp_path, asked.get("make", DataSplitter_Holdout), **again), remade)


def test_splits_that_have_names_of_their_own_lie_side_by_side(tmp_path: Path) -> None:
    kinds: list[dict[str, Any]] = [
        {},
        {"user_wise": False},
        {"user_wise": False, "allow_cold_users": True},
        {"make": DataSplitter_leave_k_out},
        {"make": DataSplitter_leave_k_out, "use_validation_set": False},
        {"make": DataSplitter_global_time},
    ]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        splits = [load(tmp_path, **kind) for kind in kinds]
    for kind, split in zip(kinds, splits):
        assert_same_split(load_quietly(tmp_path, **kind), split)


def test_without_a_seed_the_saved_split_holds_whatever_its_seed(tmp_path: Path) -> None:
    first = load(tmp_path, random_seed=5)
    assert_same_split(load_quietly(tmp_path), first)
    assert_same_split(load_quietly(tmp_path, random_seed=5), first)


def test_the_recorded_seed_of_a_split_without_one_makes_it_again(tmp_path: Path) -> None:
    first = load(tmp_path / "one")
    seed = load_quietly(tmp_path / "one").get_split_parameters()["random_seed"]
    assert_same_split(load(tmp_path / "other", random_seed=seed), first)


def test_a_forced_split_is_made_anew_and_replaces_the_saved_one(tmp_path: Path) -> None:
    first = load(tmp_path, random_seed=5)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        forced = load(tmp_path, force_new_split=True)
    assert split_by_id(forced) != split_by_id(first)
    assert_same_split(load_quietly(tmp_path), forced)


def test_a_forbidden_split_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"forbid_new_split must be False .* there is no saved split in"):
        load(tmp_path / "none", forbid_new_split=True)
    assert not (tmp_path / "none").exists()


def test_false_neither_reads_nor_writes(tmp_path: Path) -> None:
    reader = MemoryReader(some_dataset(), data_folder=tmp_path)
    for _ in range(2):
        DataSplitter_Holdout(reader, verbose=False).load_data(save_folder_path=False)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("subfolder", ["original/", "5_cores/", "5_cores/2_cores/"])
def test_default_folder_ends_in_that_of_the_post_processing(subfolder: str, tmp_path: Path) -> None:
    reader = MemoryReader(some_dataset(), data_folder=tmp_path)
    vars(reader).update(DATASET_SUBFOLDER_ORIGINAL=subfolder)
    DataSplitter_Holdout(reader, verbose=False).load_data()
    folder = tmp_path / "Memory" / "holdout_70_10_20_user_wise" / subfolder
    assert (folder / "split_URM_only_warm_users_user_wise.zip").is_file()
    DataSplitter_Holdout(reader, forbid_new_split=True, verbose=False).load_data()


def test_a_folder_that_cannot_be_written_is_no_obstacle(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("a file is no folder, for root either", encoding="utf-8")
    with pytest.warns(UserWarning, match="cannot be written .* the split is not kept") as caught:
        splitter = load(tmp_path / "file")
    assert len(caught) == 1 and caught[0].filename == __file__
    assert set.union(*split_by_id(splitter).values()) <= dataset_by_id(some_dataset())


def edit(archive: str, change: Callable[[dict[str, Any]], Any], by_host: bool = True) -> Callable[[Path], None]:
    """Hand-edit an archive, behind the back of the hashes if the host might have saved it."""

    def damage(folder: Path) -> None:
        data_io = DataIO(folder)
        if by_host:
            parameters = data_io.load_data("split_parameters_only_warm_users_user_wise")
            for key in OUR_KEYS:
                parameters.pop(key)
            data_io.save_data("split_parameters_only_warm_users_user_wise", parameters)
        name = f"{archive}_only_warm_users_user_wise"
        content = data_io.load_data(name)
        change(content)
        data_io.save_data(name, content)

    return damage


def truncate(archive: str) -> Callable[[Path], None]:
    def damage(folder: Path) -> None:
        path = folder / f"{archive}_only_warm_users_user_wise.zip"
        path.write_bytes(path.read_bytes()[:-30])

    return damage


def remove(archive: str) -> Callable[[Path], None]:
    return lambda folder: (folder / f"{archive}_only_warm_users_user_wise.zip").unlink()


def move_a_test_cell_to_train(URMs: dict[str, Any]) -> None:
    URMs["URM_train"] = URMs["URM_train"] + URMs["URM_test"].multiply(URMs["URM_test"] == URMs["URM_test"].max())


def change_a_rating(URMs: dict[str, Any]) -> None:
    URMs["URM_train"].data[0] += 1


DAMAGE: dict[str, tuple[Callable[[Path], Any], str]] = {
    **{f"{archive} truncated": (truncate(archive), rf"{archive}_only\w+\.zip") for archive in ARCHIVES},
    **{f"{archive} missing": (remove(archive), rf"{archive}_only\w+\.zip must lie") for archive in ARCHIVES[1:]},
    "no zip": (
        lambda folder: (folder / "split_parameters_only_warm_users_user_wise.zip").write_text("x", encoding="utf-8"),
        "split_parameters",
    ),
    "another save's": (edit("split_URM", change_a_rating, by_host=False), "must be of the same save"),
    "hashes": (
        edit("split_parameters", lambda p: p.update(_archive_sha256="abc"), by_host=False),
        "must hold a dict as _archive_sha256",
    ),
    "newer format": (
        edit("split_parameters", lambda p: p.update(format_version=2), by_host=False),
        "format_version: saved 2, asked 1",
    ),
    "no quotas": (
        edit("split_parameters", lambda p: p.pop("input_split_interaction_quota_list")),
        "must hold a list as input_split_interaction_quota_list, got nothing",
    ),
    "flag of another type": (
        edit("split_parameters", lambda p: p.update(allow_cold_users="no")),
        "must hold a bool as allow_cold_users, got 'no'",
    ),
    "no user mapper": (edit("split_mappers", lambda m: m.pop("user_original_ID_to_index")), "split_mappers"),
    "mapper of another type": (
        edit("split_mappers", lambda m: m.update(user_original_ID_to_index=[1])),
        "must hold a dict",
    ),
    "foreign mapper": (edit("split_mappers", lambda m: m.update(verify={})), "must hold the ids of the data set"),
    "foreign user": (
        edit("split_mappers", lambda m: m["user_original_ID_to_index"].update(x=99)),
        "must hold the ids of the data set",
    ),
    "other items": (
        edit("split_mappers", lambda m: m["item_original_ID_to_index"].popitem()),
        "must hold the ids of the data set",
    ),
    "URM missing": (edit("split_URM", lambda u: u.pop("URM_test")), "a split must be of URM_train, URM_validation"),
    "foreign URM": (edit("split_URM", lambda u: u.update(URM_all=u["URM_train"])), "a split must be of URM_train"),
    "URM of another type": (edit("split_URM", lambda u: u.update(URM_test=[1])), "URM_test"),
    "URM of another shape": (
        edit("split_URM", lambda u: u.update(URM_test=sps.csr_matrix(np.ones((2, 2))))),
        r"URM_test must be of shape .*got \(2, 2\)",
    ),
    "empty test": (
        edit("split_URM", lambda u: u.update(URM_train=u["URM_train"] + u["URM_test"], URM_test=0 * u["URM_test"])),
        "URM_test must have at least one interaction",
    ),
    "cell in two parts": (edit("split_URM", move_a_test_cell_to_train), "must be disjoint"),
    "rating changed": (edit("split_URM", change_a_rating), "the parts of a split must hold"),
    "cold user": (
        edit("split_URM", lambda u: u.update(URM_train=0 * u["URM_train"], URM_test=u["URM_test"] + u["URM_train"])),
        "URM_train must have",
    ),
    "ICM of other items": (edit("split_ICM", lambda i: i.update(ICM_genres=i["ICM_genres"][:-1])), "ICM"),
    "ICM without mapper": (edit("split_ICM_mappers", lambda i: i.clear()), "ICM"),
    "UCM of another type": (edit("split_UCM", lambda i: i.update(UCM_age={"a": 1})), "UCM"),
}


@pytest.mark.parametrize(("damage", "message"), DAMAGE.values(), ids=DAMAGE)
def test_a_damaged_split_is_named_and_made_anew(damage: Callable[[Path], Any], message: str, tmp_path: Path) -> None:
    load(tmp_path)
    damage(tmp_path)
    with pytest.raises(ValueError, match=f"forbid_new_split must be False.*{message}"):
        load(tmp_path, forbid_new_split=True)
    with pytest.warns(UserWarning, match=f"cannot be used.*{message}.*It is made anew") as caught:
        remade = load(tmp_path)
    assert len(caught) == 1
    assert_same_split(load_quietly(tmp_path), remade)


def test_nothing_in_an_archive_becomes_an_attribute(tmp_path: Path) -> None:
    """The host sets every key of split_parameters."""
    load(tmp_path)
    edit("split_parameters", lambda p: p.update(get_holdout_split="gone", verbose=True), by_host=False)(tmp_path)
    splitter = load_quietly(tmp_path)
    assert callable(splitter.get_holdout_split) and splitter.verbose is False


@every_splitter
def test_archives_of_two_saves_are_never_loaded_as_one(make: Make, suffix: str, keys: set[str], tmp_path: Path) -> None:
    """Two processes that save into one folder at once can leave the matrices of one and the mappers of the other."""
    load(tmp_path / "one", make)
    load(tmp_path / "other", make, some_dataset(seed=1))
    shutil.copy(tmp_path / "one" / f"split_URM{suffix}.zip", tmp_path / "other")
    with pytest.warns(UserWarning, match=rf"split_URM{suffix}\.zip must be of the same save"):
        load(tmp_path / "other", make, some_dataset(seed=1))


@pytest.mark.parametrize("n_before", range(7))
def test_a_crash_while_saving_leaves_no_mixture(n_before: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    load(tmp_path, random_seed=1)
    replace, n_calls = Path.replace, []

    class Crash(BaseException):
        """As when the process is killed."""

    def crash(self: Path, target: Path) -> Path:
        if self.parent.name.startswith(".archives_") and target.parent == tmp_path:
            n_calls.append(target)
            if len(n_calls) > n_before:
                raise Crash
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", crash)
    with pytest.raises(Crash):
        load(tmp_path, random_seed=2, force_new_split=True)
    monkeypatch.undo()
    assert not [path for path in tmp_path.iterdir() if path.is_dir()]
    with pytest.raises(ValueError, match="there is no saved split"):
        load(tmp_path, forbid_new_split=True)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        load(tmp_path, random_seed=2)
    load_quietly(tmp_path, random_seed=2)


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
