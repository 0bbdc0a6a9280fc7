import os
from pathlib import Path

import pytest

from Recommenders.BaseRecommender import BaseRecommender
from Recommenders.BaseTempFolder import BaseTempFolder


class FileKeeper(BaseRecommender, BaseTempFolder):
    RECOMMENDER_NAME = "FileKeeper"


def test_the_default_folder_is_made_and_deleted_with_all_in_it(tiny_URM, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    recommender = FileKeeper(tiny_URM, verbose=False)
    default = recommender.DEFAULT_TEMP_FILE_FOLDER
    assert default == f"./result_experiments/__Temp_FileKeeper_{os.getpid()}/"
    folder = recommender._get_unique_temp_folder()
    assert folder.endswith("/") and Path(folder).is_dir()
    (Path(folder) / "file").write_text("content", encoding="utf-8")
    recommender._clean_temp_folder(folder)
    assert not Path(folder).exists()


def test_two_recommenders_get_folders_of_their_own(tiny_URM, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    folders = {FileKeeper(tiny_URM, verbose=False)._get_unique_temp_folder() for _ in range(3)}
    assert len(folders) == 3 and all(Path(folder).is_dir() for folder in folders)


def test_a_folder_that_the_user_named_is_kept(tiny_URM, tmp_path):
    recommender = FileKeeper(tiny_URM, verbose=False)
    folder = recommender._get_unique_temp_folder(f"{tmp_path}/mine/")
    recommender._clean_temp_folder(folder)
    assert Path(folder).is_dir() and Path(folder).parent == tmp_path


def test_folders_of_both_kinds_are_told_apart(tiny_URM, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    recommender = FileKeeper(tiny_URM, verbose=False)
    mine, default = recommender._get_unique_temp_folder("mine"), recommender._get_unique_temp_folder("")
    recommender._clean_temp_folder(mine)
    recommender._clean_temp_folder(default)
    assert Path(mine).is_dir() and not Path(default).exists()


def test_a_folder_that_cannot_be_deleted_costs_a_warning_alone(tiny_URM, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    recommender = FileKeeper(tiny_URM, verbose=False)
    folder = recommender._get_unique_temp_folder()

    def busy(path):
        raise PermissionError(13, "in use")

    monkeypatch.setattr("shutil.rmtree", busy)
    with pytest.warns(UserWarning, match="__Temp_FileKeeper.* cannot be deleted: .*in use"):
        recommender._clean_temp_folder(folder)
