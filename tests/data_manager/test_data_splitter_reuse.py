"""When a saved split is used again: never of other parameters, never a damaged one, never trusted."""

import re
import warnings
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import scipy.sparse as sps

from Data_manager._storage.split import Split, SplitArchives, read_seed, restore_seed
from Data_manager.Dataset import Dataset
from Data_manager.DataSplitter import DataSplitter
from Data_manager.DataSplitter_global_time import DataSplitter_global_time
from Data_manager.DataSplitter_Holdout import DataSplitter_Holdout
from Data_manager.DataSplitter_leave_k_out import DataSplitter_leave_k_out
from Recommenders.DataIO import DataIO
from tests.data_manager.storage import saved_splits
from tests.data_manager.storage.saved_splits import (
    ARCHIVES,
    OUR_KEYS,
    SEED_ARCHIVE,
    assert_same_split,
    load,
    load_quietly,
)
from tests.reference.data_splitters import MemoryReader, some_dataset, split_by_id

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
    assert len(caught) == 1 and caught[0].filename == saved_splits.__file__
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


def test_a_split_that_is_made_anew_keeps_the_seed_of_the_saved_one(tmp_path: Path) -> None:
    """Or data that changes for a moment would lose a split for ever."""
    first = load(tmp_path)
    for changed in ({"dataset": some_dataset(ICM_dictionary=None)}, {}):
        with pytest.warns(UserWarning, match="made anew"):
            remade = load(tmp_path, **changed)
        assert remade.get_split_parameters()["random_seed"] == first.get_split_parameters()["random_seed"]
    assert_same_split(remade, first)


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


def without(archive: str) -> Callable[[Path], None]:
    return lambda folder: (folder / f"{archive}_only_warm_users_user_wise.zip").unlink()


def move_a_test_cell_to_train(URMs: dict[str, Any]) -> None:
    URMs["URM_train"] = URMs["URM_train"] + URMs["URM_test"].multiply(URMs["URM_test"] == URMs["URM_test"].max())


def change_a_rating(URMs: dict[str, Any]) -> None:
    URMs["URM_train"].data[0] += 1


DAMAGE: dict[str, tuple[Callable[[Path], Any], str]] = {
    **{f"{archive} truncated": (truncate(archive), rf"{archive}_only\w+\.zip") for archive in ARCHIVES},
    **{f"{archive} missing": (without(archive), rf"{archive}_only\w+\.zip is missing beside") for archive in ARCHIVES},
    "no zip": (
        lambda folder: (folder / "split_parameters_only_warm_users_user_wise.zip").write_text("x", encoding="utf-8"),
        "split_parameters",
    ),
    "another save's": (edit("split_URM", change_a_rating, by_host=False), "is damaged or from another save"),
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
    "URM missing": (
        edit("split_URM", lambda u: u.pop("URM_test")),
        "a split must have the parts URM_train, URM_validation",
    ),
    "foreign URM": (
        edit("split_URM", lambda u: u.update(URM_all=u["URM_train"])),
        "a split must have the parts URM_train",
    ),
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
def test_a_damaged_split_is_named_and_made_again_from_its_seed(
    damage: Callable[[Path], Any], message: str, tmp_path: Path
) -> None:
    """Another one would test on what this one trained on."""
    first = load(tmp_path)
    seed = first.get_split_parameters()["random_seed"]
    damage(tmp_path)
    with pytest.raises(ValueError, match=f"forbid_new_split must be False.*{message}"):
        load(tmp_path, forbid_new_split=True)
    arguments: dict[str, Any] = {}
    if is_as_saved_by_host(tmp_path):
        before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
        with pytest.raises(ValueError, match=f"random_seed must be the seed of the saved split .*{message}"):
            load(tmp_path)
        assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before
        arguments["random_seed"] = seed
        message = f"({message}|random_seed: saved without one, asked {seed})"
    with pytest.warns(UserWarning, match=f"cannot be used.*{message}.*It is made anew") as caught:
        remade = load(tmp_path, **arguments)
    assert len(caught) == 1
    assert_same_split(remade, first)
    assert_same_split(load_quietly(tmp_path), first)


def is_as_saved_by_host(folder: Path) -> bool:
    try:
        return "format_version" not in DataIO(folder).load_data("split_parameters_only_warm_users_user_wise")
    except (OSError, ValueError):
        return False


def other_bytes(name: str) -> Callable[[Path], Any]:
    return lambda folder: (folder / f"{name}_only_warm_users_user_wise.zip").write_bytes(b"other")


@pytest.mark.parametrize("harm", [without, other_bytes])
def test_the_second_copy_of_the_seed_is_written_again_where_it_is_harmed(harm: Any, tmp_path: Path) -> None:
    first = load(tmp_path, random_seed=5)
    harm(SEED_ARCHIVE)(tmp_path)
    assert_same_split(load(tmp_path), first)
    harm("split_parameters")(tmp_path)
    with pytest.warns(UserWarning, match="made anew"):
        assert_same_split(load(tmp_path), first)


def test_the_seed_of_a_split_that_has_been_replaced_is_not_written_beside_the_new_one(tmp_path: Path) -> None:
    first = load(tmp_path, random_seed=5)
    archives = SplitArchives(tmp_path, first._file_suffix())
    load(tmp_path, random_seed=6, force_new_split=True)
    read_before = Split(first.get_split_parameters(), {}, first.get_dataReader_object().load_data())
    assert restore_seed(archives, read_before) is False
    (tmp_path / f"{archives.head}.zip").write_bytes(b"damaged")
    assert read_seed(archives) == 6


@pytest.mark.parametrize("harm", [without, other_bytes])
def test_the_seed_is_lost_only_with_both_of_its_archives_and_then_said(harm: Any, tmp_path: Path) -> None:
    first = load(tmp_path, random_seed=5)
    for archive in (*ARCHIVES[1:], SEED_ARCHIVE):
        harm(archive)(tmp_path)
    with pytest.warns(UserWarning, match="made anew"):
        assert_same_split(load(tmp_path), first)
    for archive in ARCHIVES:
        harm(archive)(tmp_path)
    with pytest.warns(UserWarning, match="made anew"):
        assert_same_split(load(tmp_path), first)
    for archive in ("split_parameters", SEED_ARCHIVE):
        harm(archive)(tmp_path)
    with pytest.raises(ValueError, match=r"random_seed must be the seed of the saved split .*split_parameters"):
        load(tmp_path)
    with pytest.warns(UserWarning, match="made anew"):
        assert_same_split(load(tmp_path, random_seed=5), first)


def test_the_copy_of_the_seed_does_not_count_beside_a_split_that_the_host_saved_over_it(tmp_path: Path) -> None:
    load(tmp_path)
    edit("split_URM", change_a_rating, by_host=True)(tmp_path)
    with pytest.raises(ValueError, match="random_seed must be the seed of the saved split"):
        load(tmp_path)


def test_what_is_not_random_needs_no_seed_to_be_made_again(tmp_path: Path) -> None:
    first = load(tmp_path, DataSplitter_global_time)
    (tmp_path / "split_parameters_only_warm_users.zip").write_bytes(b"damaged")
    with pytest.warns(UserWarning, match="made anew"):
        assert_same_split(load(tmp_path, DataSplitter_global_time), first)


def test_of_two_that_find_no_split_the_second_uses_what_the_first_has_saved(tmp_path: Path) -> None:
    class Slow(DataSplitter_Holdout):
        def _divide(self, dataset: Dataset, random_seed: int) -> Any:
            """Another process is faster."""
            first.append(load(tmp_path))
            return super()._divide(dataset, random_seed)

    first: list[DataSplitter] = []
    second = load(tmp_path, Slow)
    assert_same_split(second, first[0])
    assert_same_split(load_quietly(tmp_path), first[0])


def test_threads_that_ask_for_one_split_at_once_get_one(tmp_path: Path) -> None:
    with ThreadPoolExecutor(4) as pool:
        splits = list(pool.map(lambda _: load(tmp_path), range(8)))
    for split in splits:
        assert_same_split(split, splits[0])


def test_nothing_in_an_archive_becomes_an_attribute(tmp_path: Path) -> None:
    """The host sets every key of split_parameters."""
    load(tmp_path)
    edit("split_parameters", lambda p: p.update(get_holdout_split="gone", verbose=True), by_host=False)(tmp_path)
    splitter = load_quietly(tmp_path)
    assert callable(splitter.get_holdout_split) and splitter.verbose is False
