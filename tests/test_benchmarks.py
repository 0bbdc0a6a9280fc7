"""The benchmarks: what they import of the packages is there, and the ones that need no data run."""

import ast
import importlib
import runpy
import sys
from pathlib import Path

import pytest

from Data_manager.interactions_reader import InteractionsReader

BENCHMARKS = Path(__file__).parents[1] / "benchmarks"
PACKAGES = ("Recommenders", "Evaluation", "Data_manager", "recsys_common")


@pytest.mark.parametrize("script", sorted(BENCHMARKS.glob("*.py")), ids=lambda path: path.name)
def test_every_import_of_a_benchmark_is_there(script):
    for node in ast.walk(ast.parse(script.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module.split(".")[0] in PACKAGES:
            module = importlib.import_module(node.module)
            assert [alias.name for alias in node.names if not hasattr(module, alias.name)] == []


def run(script, *arguments, monkeypatch):
    monkeypatch.setattr(sys, "argv", [script, *map(str, arguments)])
    monkeypatch.syspath_prepend(BENCHMARKS)
    runpy.run_path(str(BENCHMARKS / script), run_name="__main__")


def test_the_step_of_the_torch_engine_is_timed(monkeypatch, capsys):
    run("torch_step.py", "--rows", 50, 100, "--steps", 20, monkeypatch=monkeypatch)
    assert "100 rows: median" in capsys.readouterr().out


def test_parquet_files_of_interactions_are_written_and_read(tmp_path, monkeypatch, capsys):
    arguments = ("--interactions", 500, "--users", 40, "--items", 30, "--files", 2)
    run("parquet_interactions.py", tmp_path / "parts", *arguments, monkeypatch=monkeypatch)
    assert "500 interactions in 2 files" in capsys.readouterr().out
    reader = InteractionsReader(tmp_path / "parts", columns=("user", "item"), verbose=False)
    URM_all = reader.load_data().get_URM_all()
    assert URM_all.shape[0] <= 40 and URM_all.shape[1] <= 30
