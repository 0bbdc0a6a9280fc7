"""The plug-in in a checkout of the host framework: on the host's bases, evaluator and archives.

`stand_in_host` is such a checkout in small, written from the host's interfaces, with none of the host's code. The tests
of `inside_host` run in a process of their own that stands in a copy of it, as a user does: the host's folder comes
first on the path, and the packages of this project after it.
"""

import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import numpy as np
import pytest
import scipy.sparse as sps

from Recommenders.MatrixFactorization.PyTorch.MatrixFactorization_PyTorch import MatrixFactorization_PyTorch
from tests.conftest import planted_factors_URM

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
PLUGIN = "Recommenders.MatrixFactorization.PyTorch.MatrixFactorization_PyTorch"
# all that the results depend on, so that other defaults change nothing here
SETTINGS = {
    "epochs": 3,
    "batch_size": 64,
    "num_factors": 4,
    "learning_rate": 0.05,
    "user_reg": 0.02,
    "item_reg": 0.02,
    "bias_reg": 0.02,
    "random_seed": 7,
}
FACTORS = ("USER_factors", "ITEM_factors", "USER_bias", "ITEM_bias", "GLOBAL_bias")

# the extra "host" brings what the host's search stands on; it is not installed where the project is used alone
HAS_SKOPT = all(importlib.util.find_spec(name) for name in ("skopt", "tables"))

# pyarrow is blocked: the releases that are current refuse the host's numpy, so the plug-in must not need it
RUN_PYTEST = "import sys; sys.modules['pyarrow'] = None; import pytest; sys.exit(pytest.main(sys.argv[1:]))"


def split_with_cold_ids():
    URM = planted_factors_URM(n_users=60, n_items=30, density=0.4).tolil()
    URM[0, :] = URM[:, 0] = 0
    ratings = URM.tocoo()
    in_train = np.random.default_rng(0).random(ratings.nnz) < 0.8
    return [
        sps.csr_matrix((ratings.data[part], (ratings.row[part], ratings.col[part])), shape=ratings.shape)
        for part in (in_train, ~in_train)
    ]


def run_in_host(host, *command, packages=ROOT):
    paths = [str(host)] if packages is None else [str(host), str(packages)]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(paths), "PYTEST_ADDOPTS": ""}
    return subprocess.run(
        [sys.executable, *command],
        cwd=host,
        env=environment,
        capture_output=True,
        text=True,
        errors="replace",
        timeout=300,
    )


@pytest.fixture(scope="module")
def host(tmp_path_factory):
    """A copy of the stand-in, with what a run of this process, outside any host, has trained and saved."""
    host = tmp_path_factory.mktemp("checkout") / "host"
    shutil.copytree(HERE / "stand_in_host", host, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(HERE / "inside_host", host / "inside_host", ignore=shutil.ignore_patterns("__pycache__"))
    (host / "pytest.ini").write_text(
        "[pytest]\naddopts = --import-mode=importlib -p no:cacheprovider\n", encoding="utf-8"
    )

    (host / "settings.json").write_text(json.dumps(SETTINGS), encoding="utf-8")
    URM_train, URM_validation = split_with_cold_ids()
    sps.save_npz(host / "URM_train.npz", URM_train)
    sps.save_npz(host / "URM_validation.npz", URM_validation)
    page = (ROOT / "docs" / "host.md").read_text(encoding="utf-8")
    (search,) = re.findall(r"```python\n(.*?)```", page, flags=re.DOTALL)
    (host / "search_of_the_docs.py").write_text(search, encoding="utf-8")
    alone = MatrixFactorization_PyTorch(URM_train, verbose=False)
    alone.fit(**SETTINGS)
    users = np.arange(alone.n_users)
    np.savez(
        host / "trained_alone.npz",
        predictions=alone.predict(users, 1),
        top_5=np.array(alone.recommend(users, cutoff=5)),
        **{name: getattr(alone, name) for name in FACTORS},
    )
    alone.save_model(host / "saved_alone")
    return host


@pytest.fixture(scope="module")
def run(host):
    without_search = [] if HAS_SKOPT else ["--ignore", "inside_host/test_search.py"]
    return run_in_host(host, "-c", RUN_PYTEST, "inside_host", "-q", "-ra", *without_search)


def test_the_plugin_works_on_the_hosts_classes(run):
    assert run.returncode == 0, f"{run.stdout}\n{run.stderr}"
    assert "skipped" not in run.stdout, run.stdout
    # one warning, at the import, where the host itself would not run
    is_numpy_2 = np.lib.NumpyVersion(np.__version__) >= "2.0.0"
    assert ("1 warning in" if is_numpy_2 else "passed in") in run.stdout, run.stdout
    assert ("does not run on numpy" in run.stdout) == is_numpy_2, run.stdout


@pytest.mark.skipif(not HAS_SKOPT, reason="the host's search needs the extra host")
def test_the_best_model_of_the_hosts_search_loads_alone(run, host):
    best = MatrixFactorization_PyTorch(sps.load_npz(host / "URM_train.npz"), verbose=False)
    best.load_model(host / "searched", "searched_best_model")
    assert len(best.recommend(3, cutoff=5)) == 5


def test_a_model_saved_inside_the_host_loads_alone(run, host):
    URM_train = sps.load_npz(host / "URM_train.npz")
    inside, alone = (MatrixFactorization_PyTorch(URM_train, verbose=False) for _ in range(2))
    inside.load_model(host / "saved_inside")
    alone.load_model(host / "saved_alone")
    assert inside.recommend(range(60)) == alone.recommend(range(60))
    np.testing.assert_array_equal(inside.predict(range(60), 1), alone.predict(range(60), 1))


@pytest.mark.parametrize("package", ["Recommenders", "Evaluation"])
def test_no_init_file_hides_the_hosts_packages(package):
    assert sorted((ROOT / package).rglob("__init__.py*")) == []
    assert importlib.util.find_spec(package).origin is None


def test_the_installed_package_is_found_behind_the_hosts(host):
    """Without this clone on the path: what `pip install` put into the environment is whole and hides nothing."""
    try:
        metadata.distribution("recsys-mf-pytorch")
    except metadata.PackageNotFoundError:
        pytest.skip("recsys-mf-pytorch is not installed in this environment")
    names = [PLUGIN, "Recommenders._training_loop", "Evaluation.rating_prediction", "Recommenders.BaseRecommender"]
    code = f"import importlib.util as u; print(*(u.find_spec(name).origin for name in {names}), sep='\\n')"
    found = run_in_host(host, "-c", code, packages=None)
    assert found.returncode == 0, found.stderr
    *ours, base = [Path(line).resolve() for line in found.stdout.splitlines()]
    assert base == (host / "Recommenders" / "BaseRecommender.py").resolve()
    assert not any(path.is_relative_to(host.resolve()) for path in ours)
