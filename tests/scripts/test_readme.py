import re
import sys
from importlib import import_module
from pathlib import Path

import pytest

import run_matrix_factorization

ROOT = Path(run_matrix_factorization.__file__).parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


def _run(example: int) -> dict:
    """The names that one of the examples in Python leaves."""
    examples = re.findall(r"```python\n(.*?)```", README, flags=re.DOTALL)
    assert len(examples) == 4
    names: dict = {}
    exec(compile(examples[example], "README.md", "exec"), names)
    return names


def test_the_python_example_runs(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    names = _run(0)
    assert len(names["recommender"].recommend(42, cutoff=10)) == 10
    assert names["errors"]["RMSE"].iloc[0] < 0.7
    assert names["loaded"].recommend(42) == names["recommender"].recommend(42)
    assert (tmp_path / "models" / "first.zip").is_file()


def test_the_example_of_data_runs(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    names = _run(1)
    assert names["first"].get_user_original_IDs().tolist() == ["ann", "bob"]
    assert names["second"].get_user_original_IDs().tolist() == ["ann", "bob", "eve"]
    assert names["second"].get_URM_all().toarray().tolist() == [[0, 0, 0], [0, 2, 0], [0, 0, 1]]
    parts = [names[f"URM_{part}"].nnz for part in ("train", "validation", "test")]
    assert min(parts) > 0.05 * sum(parts) and parts[0] > 0.75 * sum(parts)
    assert (tmp_path / "statistics.png").is_file()
    assert {path.name for path in (tmp_path / "exported").iterdir()} == {"train.csv", "validation.csv", "test.csv"}


def test_the_example_of_evaluation_runs(capsys):
    names = _run(2)
    assert list(names["table"].columns) == ["RECALL", "NDCG", "AUC"]
    assert (names["comparison"]["adjusted_p_value"] < 0.01).all()
    assert "Holm over 2 comparisons" in capsys.readouterr().out


def test_the_stub_of_lightfm_stands_for_every_name(tmp_path, monkeypatch):
    (program,) = re.findall(r"""^    python -c "(open\('lightfm\.py'.*)"$""", README, flags=re.MULTILINE)
    monkeypatch.chdir(tmp_path)
    exec(program)
    monkeypatch.syspath_prepend(tmp_path)
    for name in ("lightfm", "lightfm.lightfm"):
        monkeypatch.delitem(sys.modules, name, raising=False)
        assert import_module(name).LightFM is None
        monkeypatch.delitem(sys.modules, name)


@pytest.mark.parametrize("script", sorted((ROOT / "benchmarks").glob("*.py")), ids=lambda path: path.name)
def test_every_benchmark_is_named(script):
    assert f"`{script.name}`" in README


def test_the_links_lead_to_files():
    links = re.findall(r"\]\(([^)#:]+)\)", README)
    assert links and all((ROOT / link).exists() for link in links)
