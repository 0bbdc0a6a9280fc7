"""The archives of a Dataset: exchanged with the host, never a mixture, never trusted."""

import json
import shutil
import zipfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import scipy.sparse as sps

from Data_manager.Dataset import Dataset
from Recommenders.DataIO import DataIO
from tests.reference.data_toy import assert_same_content, toy, toy_arguments

ARCHIVES = {
    "dataset_global_attributes.zip",
    "dataset_URM.zip",
    "dataset_ICM.zip",
    "dataset_ICM_mappers.zip",
    "dataset_UCM.zip",
    "dataset_UCM_mappers.zip",
    "dataset_additional_mappers.zip",
}


@pytest.mark.parametrize("as_given", [lambda p: p, lambda p: f"{p}", lambda p: f"{p}/"], ids=["path", "str", "slash"])
def test_a_saved_data_set_loads_as_it_was(tmp_path: Path, as_given: Callable[[Path], Any]) -> None:
    """The host reloads the additional mappers into another attribute."""
    folder = tmp_path / "new" / "folder"
    toy().save_data(as_given(folder))
    assert {path.name for path in folder.iterdir()} == ARCHIVES
    loaded = Dataset("something else")
    loaded.load_data(as_given(folder))
    assert_same_content(loaded, toy())
    assert loaded.additional_data_mapper == {"titles": {"a": "Brazil", "b": "Alien"}}
    assert set(vars(loaded)) == set(vars(toy())), "no attribute that the class does not have"


def test_what_a_data_set_does_not_have_is_not_written(tmp_path: Path) -> None:
    plain = Dataset("x", {"URM_all": sps.csr_matrix(np.ones((2, 2), dtype=np.float32))}, is_implicit=True)
    plain.save_data(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {"dataset_global_attributes.zip", "dataset_URM.zip"}
    loaded = toy()
    loaded.load_data(tmp_path)
    assert_same_content(loaded, plain)


def test_keys_of_the_archives_are_the_host_s(tmp_path: Path) -> None:
    toy().save_data(tmp_path)
    members = {path.stem: {Path(name).stem for name in zipfile.ZipFile(path).namelist()} for path in tmp_path.iterdir()}
    assert members["dataset_URM"] == {"URM_all", "URM_timestamp"}
    assert members["dataset_ICM"] == members["dataset_ICM_mappers"] == {"ICM_genres", "ICM_year"}
    assert members["dataset_UCM"] == members["dataset_UCM_mappers"] == {"UCM_all"}
    assert members["dataset_additional_mappers"] == {"titles"}
    assert members["dataset_global_attributes"] - {"_archive_sha256"} == {
        "item_original_ID_to_index",
        "user_original_ID_to_index",
        "DATASET_NAME",
        "_IS_IMPLICIT",
        "_HAS_ICM",
        "_HAS_UCM",
        "_HAS_additional_mapper",
    }


def edit_attributes(folder: Path, **changes: Any) -> None:
    """Hand-edit the global attributes; ... as a value deletes the key."""
    data_io = DataIO(str(folder))
    attributes = {**data_io.load_data("dataset_global_attributes"), **changes}
    kept = {key: value for key, value in attributes.items() if value is not ...}
    data_io.save_data("dataset_global_attributes", kept)


def test_a_data_set_that_the_host_saved_loads(tmp_path: Path) -> None:
    toy().save_data(tmp_path)
    edit_attributes(tmp_path, _archive_sha256=...)
    loaded = Dataset()
    loaded.load_data(tmp_path)
    assert_same_content(loaded, toy())


def resave(archive: str, content: dict[str, Any]) -> Callable[[Path], None]:
    """Replace an archive behind the back of the fingerprints."""

    def damage(folder: Path) -> None:
        edit_attributes(folder, _archive_sha256=...)
        DataIO(str(folder)).save_data(archive, content)

    return damage


DAMAGE: dict[str, Callable[[Path], Any]] = {
    "foreign key": lambda folder: edit_attributes(folder, verify_data_consistency="yes"),
    "missing key": lambda folder: edit_attributes(folder, _IS_IMPLICIT=...),
    "flag of another type": lambda folder: edit_attributes(folder, _HAS_ICM="yes"),
    "name of another type": lambda folder: edit_attributes(folder, DATASET_NAME=3),
    "mapper of another type": lambda folder: edit_attributes(folder, user_original_ID_to_index=[1, 2]),
    "mapper values": lambda folder: edit_attributes(folder, user_original_ID_to_index={"11": 0, "12": 1, "13": "2"}),
    "index out of range": lambda folder: edit_attributes(folder, user_original_ID_to_index={"11": 0, "12": 1, "13": 3}),
    "fingerprints of another type": lambda folder: edit_attributes(folder, _archive_sha256="abc"),
    "truncated": lambda folder: (folder / "dataset_URM.zip").write_bytes(
        (folder / "dataset_URM.zip").read_bytes()[:-40]
    ),
    "no zip": lambda folder: (folder / "dataset_global_attributes.zip").write_text("x", encoding="utf-8"),
    "URM is no matrix": resave("dataset_URM", {"URM_all": [1, 2]}),
    "URM of another shape": resave("dataset_URM", {"URM_all": sps.csr_matrix(np.ones((2, 2)))}),
    "ICM mapper is no dict": resave("dataset_ICM_mappers", {"ICM_genres": [1], "ICM_year": {"Year": 0}}),
    "ICM mapper missing": resave("dataset_ICM_mappers", {"ICM_genres": {"Comedy": 0, "Drama": 1, "War": 2}}),
    "UCM of other users": resave("dataset_UCM", {"UCM_all": sps.csr_matrix(np.ones((4, 2)))}),
}


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE)
def test_a_damaged_save_is_refused_by_name_and_the_data_set_stays(
    damage: Callable[[Path], Any], tmp_path: Path
) -> None:
    folder = tmp_path / "saved"
    toy().save_data(folder)
    damage(folder)
    dataset = toy()
    with pytest.raises(ValueError, match="saved"):
        dataset.load_data(folder)
    assert_same_content(dataset, toy())
    dataset.verify_data_consistency()


def test_without_its_head_there_is_no_data_set(tmp_path: Path) -> None:
    toy().save_data(tmp_path)
    (tmp_path / "dataset_global_attributes.zip").unlink()
    with pytest.raises(FileNotFoundError, match="dataset_global_attributes"):
        Dataset().load_data(tmp_path)


@pytest.mark.parametrize("archive", ["dataset_URM", "dataset_ICM_mappers"])
def test_a_missing_archive_is_named(archive: str, tmp_path: Path) -> None:
    toy().save_data(tmp_path)
    (tmp_path / f"{archive}.zip").unlink()
    with pytest.raises(ValueError, match=rf"{archive}\.zip is missing beside the other archives"):
        Dataset().load_data(tmp_path)


def test_an_archive_that_an_earlier_data_set_left_does_not_count(tmp_path: Path) -> None:
    toy().save_data(tmp_path)
    poorer = toy(ICM_dictionary=None, ICM_feature_mapper_dictionary=None)
    poorer.save_data(tmp_path)
    loaded = Dataset()
    loaded.load_data(tmp_path)
    assert_same_content(loaded, poorer)


def test_archives_of_two_saves_are_never_loaded_as_one(tmp_path: Path) -> None:
    """Two processes that save into one folder at once can leave the matrices of one and the mappers of the other."""
    toy().save_data(tmp_path / "one")
    permuted = toy_arguments()
    permuted["item_original_ID_to_index"] = {"d": 0, "c": 1, "b": 2, "a": 3}
    permuted["URM_dictionary"]["URM_all"] = permuted["URM_dictionary"]["URM_all"][:, ::-1]
    Dataset(**permuted).save_data(tmp_path / "other")
    shutil.copy(tmp_path / "one" / "dataset_URM.zip", tmp_path / "other" / "dataset_URM.zip")
    with pytest.raises(ValueError, match=r"dataset_URM\.zip is damaged or from another save"):
        Dataset().load_data(tmp_path / "other")


@pytest.mark.parametrize("n_before", range(3))
def test_a_crash_while_saving_leaves_the_old_data_set_or_the_new_one(
    n_before: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    toy().save_data(tmp_path)
    newer = toy(dataset_name="newer", ICM_dictionary=None, ICM_feature_mapper_dictionary=None)
    replace, n_calls = Path.replace, []

    def crash(self: Path, target: Path) -> Path:
        if self.name.endswith(".new") or self.parent.name.endswith(".arriving"):
            n_calls.append(target)
            if len(n_calls) > n_before:
                raise OSError("disk full")
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", crash)
    with pytest.raises(OSError, match="disk full"):
        newer.save_data(tmp_path)
    monkeypatch.undo()
    loaded = Dataset()
    loaded.load_data(tmp_path)
    assert_same_content(loaded, newer)
    without_ICM = {archive for archive in ARCHIVES if "ICM" not in archive}
    assert {path.name for path in tmp_path.iterdir()} == without_ICM


def test_threads_that_save_and_load_at_once_meet_whole_data_sets_only(tmp_path: Path) -> None:
    poorer = toy(dataset_name="poorer", ICM_dictionary=None, ICM_feature_mapper_dictionary=None)
    generations = {"Toy": toy(), "poorer": poorer}
    toy().save_data(tmp_path)

    def work(number: int) -> None:
        if number % 3 == 0:
            list(generations.values())[number % 2].save_data(tmp_path)
        loaded = Dataset()
        loaded.load_data(tmp_path)
        assert_same_content(loaded, generations[loaded.get_dataset_name()])

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(40)))
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".")]


def test_a_data_set_that_cannot_be_written_leaves_the_old_one(tmp_path: Path) -> None:
    toy().save_data(tmp_path)
    URM = toy().get_URM_all()
    with pytest.raises(ValueError, match="escape"):
        toy(URM_dictionary={"URM_all": URM, "../escape": URM}).save_data(tmp_path)
    loaded = Dataset()
    loaded.load_data(tmp_path)
    assert_same_content(loaded, toy())
    assert {path.name for path in tmp_path.iterdir()} == ARCHIVES


def test_mappers_are_saved_as_plain_json(tmp_path: Path) -> None:
    toy().save_data(tmp_path)
    with zipfile.ZipFile(tmp_path / "dataset_global_attributes.zip") as archive:
        assert json.loads(archive.read("item_original_ID_to_index.json")) == {"a": 0, "b": 1, "c": 2, "d": 3}
