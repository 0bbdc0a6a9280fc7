import hashlib
import json
import os
import platform
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

import run_matrix_factorization as script
from Recommenders.MatrixFactorization.PyTorch.MatrixFactorization_PyTorch import MatrixFactorization_PyTorch
from recsys_common.atomic_file import atomic_path
from tests.conftest import planted_factors_URM

ROOT = Path(script.__file__).parent
MODEL = f"{MatrixFactorization_PyTorch.RECOMMENDER_NAME}.zip"
TABLES = {"ranking.csv", "rating_prediction.csv"}
OUTPUTS = TABLES | {MODEL, "options.json", "users.csv", "items.csv", "training_history.csv", "learning_curve.png"}


@pytest.fixture
def ratings_file(tmp_path):
    coo = planted_factors_URM().tocoo()
    path = tmp_path / "ratings.csv"
    pd.DataFrame({"user": coo.row, "item": coo.col, "rating": coo.data.round(3)}).to_csv(path, index=False)
    return path


def run(*arguments, tmp_path):
    return script.main([*map(str, arguments), "--output", str(tmp_path / "output")])


def test_a_ratings_file_is_trained_and_evaluated(ratings_file, tmp_path, capsys):
    assert run("--ratings", ratings_file, "--epochs", 5, "--num-factors", 3, tmp_path=tmp_path) == 0
    output = tmp_path / "output"
    assert {path.name for path in output.iterdir()} == OUTPUTS
    assert (output / "learning_curve.png").read_bytes().startswith(b"\x89PNG")
    history = pd.read_csv(output / "training_history.csv")
    assert history["epoch"].tolist() == [1, 2, 3, 4, 5]
    assert history["NEGATIVE_RMSE"].notna().all()
    ranking = pd.read_csv(output / "ranking.csv", index_col=["recommender", "cutoff"])
    assert ranking.index.tolist() == [
        (name, cutoff) for name in ("MatrixFactorization", "TopPop", "GlobalEffects") for cutoff in (5, 10, 20)
    ]
    errors = pd.read_csv(output / "rating_prediction.csv", index_col="recommender")
    assert errors.index.tolist() == ["MatrixFactorization", "GlobalEffects"]
    out = capsys.readouterr().out
    assert "DataReader: current dataset is: ratings" in out
    assert str(output) in out
    assert f"{errors.loc['GlobalEffects', 'RMSE']:.4f}" in out


def test_the_saved_model_is_the_evaluated_one(ratings_file, tmp_path):
    run("--ratings", ratings_file, "--epochs", 5, "--num-factors", 3, "--seed", 7, tmp_path=tmp_path)
    dataset = script.reader_of_arguments(script.parse_arguments(["--ratings", str(ratings_file)])).load_data()
    URM_train, _, URM_test = script.split(dataset.get_URM_all(), seed=7)
    recommender = MatrixFactorization_PyTorch(URM_train, verbose=False)
    recommender.load_model(tmp_path / "output")
    assert recommender.USER_factors.shape[1] == 3
    test = URM_test.tocoo()
    rmse = np.sqrt(np.mean((recommender.predict(test.row, test.col) - test.data) ** 2))
    errors = pd.read_csv(tmp_path / "output" / "rating_prediction.csv", index_col="recommender")
    assert errors.loc["MatrixFactorization", "RMSE"] == pytest.approx(rmse, rel=1e-5)


def test_the_ids_of_the_file_are_found_behind_the_rows_of_the_model(tmp_path):
    lines = [f"Zoë {user};film, {item};{1 + (user + item) % 5}" for user in range(9) for item in range(25)]
    file = tmp_path / "ratings.csv"
    file.write_text("\n".join(["who;what;how much", *lines]), encoding="utf-8")
    run("--ratings", file, "--columns", "who,what,how much", "--epochs", 1, tmp_path=tmp_path)
    users = pd.read_csv(tmp_path / "output" / "users.csv", index_col="index")["id"]
    items = pd.read_csv(tmp_path / "output" / "items.csv", index_col="index")["id"]
    assert users.loc[range(9)].tolist() == [f"Zoë {user}" for user in range(9)]
    assert items.loc[range(25)].tolist() == [f"film, {item}" for item in range(25)]


def test_the_options_of_the_run_are_kept_with_what_was_read_and_the_versions(ratings_file, tmp_path):
    run("--ratings", ratings_file, "--epochs", 1, "--seed", 5, tmp_path=tmp_path)
    options = json.loads((tmp_path / "output" / "options.json").read_text(encoding="utf-8"))
    assert (options["seed"], options["epochs"], options["ratings"]) == (5, 1, str(ratings_file))
    assert options["dataset"] is None, "the default is not what was read"
    data = options["data"]
    assert (data["dataset_name"], data["reader"]) == ("ratings", "InteractionsReader")
    assert data["options"]["columns"] == {"user": "user", "item": "item", "rating": "rating", "timestamp": None}
    content = ratings_file.read_bytes()
    digest = hashlib.sha256(content).hexdigest()
    assert data["files"] == [{"path": str(ratings_file), "bytes": len(content), "sha256": digest}]
    ratings = pd.read_csv(ratings_file)
    counts = (len(ratings), ratings["user"].nunique(), ratings["item"].nunique())
    assert (data["n_ratings"], data["n_users"], data["n_items"]) == counts
    versions = options["versions"]
    assert versions["python"] == platform.python_version()
    assert {name: versions[name] for name in ("numpy", "torch")} == {
        "numpy": np.__version__,
        "torch": torch.__version__,
    }
    assert set(versions) == {"recsys-mf-pytorch", "python", "torch", "numpy", "scipy", "pandas"}


def test_the_options_of_a_run_without_files_say_so(tmp_path):
    assert run("--epochs", 1, tmp_path=tmp_path) == 0
    options = json.loads((tmp_path / "output" / "options.json").read_text(encoding="utf-8"))
    assert (options["dataset"], options["data"]["reader"], options["data"]["files"]) == (
        "synthetic",
        "SyntheticReader",
        [],
    )


def contents(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.mark.parametrize("n_before", range(5))
def test_a_run_that_dies_while_it_saves_leaves_the_old_one_whole(ratings_file, tmp_path, monkeypatch, n_before):
    run("--ratings", ratings_file, "--epochs", 1, tmp_path=tmp_path)
    (tmp_path / "output" / "notes.txt").write_text("of the user")
    before = contents(tmp_path / "output")
    n_calls = []

    def dies(target):
        n_calls.append(target)
        if len(n_calls) > n_before:
            raise SystemExit("as if killed")
        return atomic_path(target)

    monkeypatch.setattr(script, "atomic_path", dies)
    with pytest.raises(SystemExit):
        run("--epochs", 1, tmp_path=tmp_path)
    assert contents(tmp_path / "output") == before


@pytest.mark.parametrize("n_before", [0, 1, 4, 8])
def test_a_run_that_dies_while_its_files_come_to_their_places_is_finished_by_the_next_one(
    ratings_file, tmp_path, monkeypatch, n_before
):
    run("--ratings", ratings_file, "--epochs", 1, tmp_path=tmp_path)
    (tmp_path / "output" / "notes.txt").write_text("of the user")
    old = contents(tmp_path / "output")
    replace, n_calls = Path.replace, []

    def dies(self, target):
        if self.name.endswith(".new") or self.parent.name.endswith(".arriving"):
            n_calls.append(target)
            if len(n_calls) > n_before:
                raise SystemExit("as if killed")
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", dies)
    if n_before < 7:
        with pytest.raises(SystemExit):
            run("--epochs", 1, tmp_path=tmp_path)
    else:
        monkeypatch.setattr(script, "evaluate", lambda *arguments: None)
        run("--epochs", 1, tmp_path=tmp_path)
    monkeypatch.undo()
    left = contents_of_files(tmp_path / "output")
    assert not [name for name in left if name in OUTPUTS and left[name] == old[name]], "two runs lie side by side"
    # a run that ends at once
    assert run("--ratings", tmp_path / "none.csv", tmp_path=tmp_path) == 2
    found = contents(tmp_path / "output")
    assert set(found) == OUTPUTS - TABLES | {"notes.txt"}
    assert found["notes.txt"] == b"of the user"
    assert json.loads(found["options.json"])["dataset"] == "synthetic"


def contents_of_files(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


def test_an_error_of_the_job_is_not_told_as_another_run(ratings_file, tmp_path, monkeypatch, capsys):
    def out_of_processes(*arguments):
        raise BlockingIOError(11, "no process is left")

    monkeypatch.setattr(script, "train", out_of_processes)
    assert run("--ratings", ratings_file, "--epochs", 1, tmp_path=tmp_path) == 2
    assert "no process is left" in capsys.readouterr().err


def test_of_two_runs_at_once_into_one_folder_the_second_is_refused(ratings_file, tmp_path, monkeypatch, capsys):
    second = []

    def meanwhile(*arguments):
        second.append(run("--epochs", 1, tmp_path=tmp_path))

    monkeypatch.setattr(script, "train", meanwhile)
    monkeypatch.setattr(script, "save_training", meanwhile)
    monkeypatch.setattr(script, "evaluate", meanwhile)
    assert run("--ratings", ratings_file, "--epochs", 1, tmp_path=tmp_path) == 0
    assert second == [2, 2, 2]
    assert "error: --output must be a folder that no other run writes to" in capsys.readouterr().err


@pytest.mark.usefixtures("ctrl_c")
def test_ctrl_c_while_the_libraries_are_imported_is_one_line(tmp_path):
    """Some of them catch every exception, and some abort."""
    in_pandas = "import signal\ntry:\n    signal.raise_signal(signal.SIGINT)\nexcept BaseException:\n    pass\n"
    (tmp_path / "pandas.py").write_text(in_pandas)
    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
    command = [sys.executable, ROOT / "run_matrix_factorization.py"]
    ended = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stdout, ended.stderr) == (130, "", "\nInterrupted.\n")


def test_an_interrupted_run_leaves_no_tables_of_another_model(ratings_file, tmp_path, monkeypatch):
    run("--ratings", ratings_file, "--epochs", 1, tmp_path=tmp_path)

    def interrupted(*arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr(script, "evaluate", interrupted)
    run("--ratings", ratings_file, "--epochs", 1, "--seed", 2, tmp_path=tmp_path)
    assert {path.name for path in (tmp_path / "output").iterdir()} == OUTPUTS - TABLES


def test_a_run_that_is_interrupted_in_its_first_epoch_leaves_the_earlier_one(
    ratings_file, tmp_path, monkeypatch, capsys
):
    run("--ratings", ratings_file, "--epochs", 1, tmp_path=tmp_path)
    before = {path.name: path.read_bytes() for path in (tmp_path / "output").iterdir()}

    def interrupted(self, epoch):
        raise KeyboardInterrupt

    monkeypatch.setattr(MatrixFactorization_PyTorch, "_run_epoch", interrupted)
    assert run("--ratings", ratings_file, "--seed", 2, tmp_path=tmp_path) == 130
    assert {path.name: path.read_bytes() for path in (tmp_path / "output").iterdir()} == before
    assert capsys.readouterr().err.endswith("\nInterrupted.\n")


def test_without_a_picture_the_rest_of_the_run_is_there(ratings_file, tmp_path, monkeypatch, capsys):
    def without_a_backend(*arguments):
        raise ImportError("no backend")

    monkeypatch.setattr("Recommenders.learning_curve.plot_learning_curve", without_a_backend)
    assert run("--ratings", ratings_file, "--epochs", 1, tmp_path=tmp_path) == 0
    assert {path.name for path in (tmp_path / "output").iterdir()} == OUTPUTS - {"learning_curve.png"}
    assert "The learning curve is not drawn: ImportError: no backend" in capsys.readouterr().out


@pytest.mark.skipif(sys.platform == "win32", reason="pipes there break in another way")
def test_a_closed_pipe_costs_nothing(ratings_file, tmp_path):
    reading, writing = os.pipe()
    os.close(reading)
    command = [sys.executable, ROOT / "run_matrix_factorization.py", "--ratings", ratings_file, "--epochs", "1",
               "--output", tmp_path / "output"]  # fmt: skip
    ended = subprocess.run(command, stdout=writing, stderr=subprocess.PIPE, cwd=tmp_path, check=False)
    os.close(writing)
    assert ended.returncode == 0, ended.stderr
    assert {path.name for path in (tmp_path / "output").iterdir()} == OUTPUTS


def test_a_full_disk_is_an_error_that_says_where(ratings_file, tmp_path, monkeypatch, capsys):
    def full(*arguments, **named):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(script, "write_table", full)
    assert run("--ratings", ratings_file, "--epochs", 1, tmp_path=tmp_path) == 2
    assert "No space left on device, while a file was written or read; is there room" in capsys.readouterr().err


def test_the_same_seed_gives_the_same_tables(ratings_file, tmp_path):
    tables = []
    for seed in (1, 1, 2):
        run("--ratings", ratings_file, "--epochs", 2, "--num-factors", 3, "--seed", seed, tmp_path=tmp_path)
        tables.append((tmp_path / "output" / "ranking.csv").read_text())
    assert tables[0] == tables[1] != tables[2]


def test_the_parts_are_disjoint_and_of_the_right_size(planted_URM):
    parts = script.split(planted_URM, seed=0)
    assert [round(10 * part.nnz / planted_URM.nnz, 2) for part in parts] == pytest.approx([8, 1, 1], abs=0.01)
    assert sum(part != 0 for part in parts).max() == 1
    assert abs(sum(parts) - planted_URM).max() < 1e-6


@pytest.mark.parametrize("positions", ["0,1,2", "user,item,rating"])
def test_columns_are_names_or_positions(ratings_file, tmp_path, positions):
    if positions == "0,1,2":
        ratings_file.write_text(ratings_file.read_text().split("\n", 1)[1])
    arguments = ["--ratings", ratings_file, "--columns", positions, "--epochs", 1]
    assert run(*arguments, tmp_path=tmp_path) == 0


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("user,item,rating\n1,2,3\n1,3,good\n", r"line 3 .*good"),
        ("user;item;rating\n", "ratings.csv"),
        ("a,b,c\n1,2,3\n", "columns user, item, rating"),
        ("user,item,rating\n1,2,3\n", "at least 10 ratings to be split, got 1"),
    ],
)
def test_a_broken_ratings_file_is_an_error_of_one_line(tmp_path, capsys, content, message):
    file = tmp_path / "ratings.csv"
    file.write_text(content)
    assert run("--ratings", file, tmp_path=tmp_path) == 2
    error = capsys.readouterr().err
    assert error.startswith("error: ") and re.search(message, error)


def test_a_misspelt_data_set_is_an_error_that_lists_them(tmp_path, capsys):
    assert run("--dataset", "ml-100", tmp_path=tmp_path) == 2
    assert "'synthetic', 'ml-100k', 'ml-1m'" in capsys.readouterr().err


def test_columns_without_ratings_are_refused(tmp_path, capsys):
    assert run("--columns", "a,b,c", tmp_path=tmp_path) == 2
    assert "--columns must be given with --ratings" in capsys.readouterr().err


@pytest.mark.parametrize(
    "arguments",
    [["--epochs", "0"], ["--num-factors", "x"], ["--seed", "-1"],
     ["--dataset", "ml-1m", "--ratings", "file"], ["--unknown"]],
)  # fmt: skip
def test_bad_options_are_refused_with_the_usage(arguments, capsys):
    with pytest.raises(SystemExit) as exit_information:
        script.main(arguments)
    assert exit_information.value.code == 2
    assert "usage:" in capsys.readouterr().err


def test_an_output_that_is_a_file_is_an_error_before_any_work(ratings_file, tmp_path, capsys):
    (tmp_path / "output").write_text("in the way")
    assert run("--ratings", ratings_file, tmp_path=tmp_path) == 2
    assert "output" in capsys.readouterr().err


@pytest.mark.skipif(sys.platform == "win32", reason="a process there is interrupted in another way")
def test_ctrl_c_saves_the_best_model_so_far(ratings_file, tmp_path, ctrl_c):
    output = tmp_path / "output"
    command = [sys.executable, ROOT / "run_matrix_factorization.py", "--ratings", ratings_file, "--output", output,
               "--epochs", "100000"]  # fmt: skip
    # the validation error of the planted data falls for many epochs, so the training is still going on
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=tmp_path)
    try:
        os.set_blocking(process.stderr.fileno(), False)
        seen, deadline = b"", time.monotonic() + 60
        while b"best=-" not in seen and time.monotonic() < deadline and process.poll() is None:
            seen += process.stderr.read() or b""
            time.sleep(0.01)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    finally:
        process.kill()
    assert process.returncode == 130, err
    assert b"Interrupted: the best model so far" in out and b"Traceback" not in err
    assert {path.name for path in output.iterdir()} == OUTPUTS - TABLES


@pytest.mark.parametrize("step", ["save_training", "evaluate"])
def test_ctrl_c_after_the_training_saves_the_model(ratings_file, tmp_path, monkeypatch, capsys, step):
    original, interrupts = getattr(script, step), iter([KeyboardInterrupt])

    def interrupted_once(*arguments):
        for interrupt in interrupts:
            raise interrupt
        return original(*arguments)

    monkeypatch.setattr(script, step, interrupted_once)
    assert run("--ratings", ratings_file, "--epochs", 1, tmp_path=tmp_path) == 130
    assert (tmp_path / "output" / MODEL).is_file()
    assert "Interrupted: the best model so far" in capsys.readouterr().out


def test_ctrl_c_before_the_training_ends_it_without_a_model(ratings_file, tmp_path, monkeypatch, capsys):
    def interrupted(*arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr(script, "reader_of_arguments", interrupted)
    assert run("--ratings", ratings_file, tmp_path=tmp_path) == 130
    assert capsys.readouterr().err == "\nInterrupted.\n"
    assert list((tmp_path / "output").iterdir()) == []


def test_more_factors_than_memory_is_an_error_of_one_line(ratings_file, tmp_path, capsys):
    assert run("--ratings", ratings_file, "--num-factors", 10**13, tmp_path=tmp_path) == 2
    assert capsys.readouterr().err.splitlines()[-1].startswith("error: ")


def test_the_main_job_on_movielens_100k(movielens_folder, tmp_path):
    (tmp_path / "data").mkdir()
    shutil.copy(movielens_folder / "ml-100k.zip", tmp_path / "data")
    assert run("--dataset", "ml-100k", "--data-folder", tmp_path / "data", tmp_path=tmp_path) == 0
    errors = pd.read_csv(tmp_path / "output" / "rating_prediction.csv", index_col="recommender")
    assert errors.loc["MatrixFactorization", "RMSE"] < 0.95
    assert errors.loc["MatrixFactorization", "RMSE"] < errors.loc["GlobalEffects", "RMSE"]
