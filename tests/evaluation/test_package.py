"""The package as such: examples that run, imports that go one way, a home inside the host's folders."""

import ast
import doctest
import importlib
import subprocess
import sys
from pathlib import Path

import pytest

FOLDER = Path(__file__).resolve().parents[2] / "Evaluation"
MODULES = sorted(path.stem for path in FOLDER.glob("*.py"))


def _imported(path: Path) -> set[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    froms = {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    return froms | {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}


@pytest.mark.parametrize("name", MODULES)
def test_examples_in_the_docstrings_are_true(name):
    assert doctest.testmod(importlib.import_module(f"Evaluation.{name}")).failed == 0


def test_the_folder_is_a_namespace_and_imports_no_other_package_of_ours():
    assert len(MODULES) > 5 and "__init__" not in MODULES
    for name in MODULES:
        others = {module.split(".")[0] for module in _imported(FOLDER / f"{name}.py")}
        assert not others & {"Recommenders", "Data_manager", "HyperparameterTuning"}, name


def test_modules_of_our_own_name_import_without_the_historical_ones(tmp_path):
    host = tmp_path / "Evaluation"
    host.mkdir()
    for name in ["Evaluator", "metrics"]:
        (host / f"{name}.py").write_text("raise ImportError('the host has its own')\n", encoding="utf-8")
    script = (
        "import sys\n"
        f"sys.path[:0] = [{str(tmp_path)!r}, {str(FOLDER.parent)!r}]\n"
        "import scipy.sparse as sps\n"
        "from Evaluation.comparison import compare_rating_prediction\n"
        "from Evaluation.rating_prediction import EvaluatorRatingPrediction\n"
        "class Two:\n"
        "    n_users, n_items = 1, 2\n"
        "    def predict(self, users, items):\n"
        "        return [2.0] * len(users)\n"
        "evaluator = EvaluatorRatingPrediction(sps.csr_matrix([[5.0, 1.0]]), verbose=False)\n"
        "print(compare_rating_prediction({'two': Two()}, evaluator).loc['two', 'MAE'])\n"
        "try:\n"
        "    import Evaluation.Evaluator\n"
        "except ImportError as error:\n"
        "    print(error)\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, cwd=tmp_path, timeout=120)
    assert done.stderr == ""
    assert done.stdout.splitlines() == ["2.0", "the host has its own"]


NO_KERNELS = """
import sys

class NoKernels:
    @staticmethod
    def find_spec(name, *rest):
        if name.endswith("_kernel"):
            raise ImportError(name)

sys.meta_path.insert(0, NoKernels)
import Evaluation.Evaluator
"""


def test_sources_without_the_kernels_say_what_to_do():
    done = subprocess.run(
        [sys.executable, "-c", NO_KERNELS], capture_output=True, text=True, cwd=FOLDER.parent, timeout=120
    )
    assert "ImportError: the compiled kernels are missing: run `python -m pip install .` in the clone" in done.stderr
