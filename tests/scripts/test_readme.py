import re
from pathlib import Path

import pytest

import run_matrix_factorization

ROOT = Path(run_matrix_factorization.__file__).parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_python_example_runs(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (example,) = re.findall(r"```python\n(.*?)```", README, flags=re.DOTALL)
    names: dict = {}
    exec(compile(example, "README.md", "exec"), names)
    assert len(names["recommender"].recommend(42, cutoff=10)) == 10
    assert names["errors"]["RMSE"].iloc[0] < 0.7
    assert names["loaded"].recommend(42) == names["recommender"].recommend(42)
    assert (tmp_path / "models" / "first.zip").is_file()


@pytest.mark.parametrize("script", sorted((ROOT / "benchmarks").glob("*.py")), ids=lambda path: path.name)
def test_every_benchmark_is_named(script):
    assert f"`{script.name}`" in README


def test_the_links_lead_to_files():
    links = re.findall(r"\]\(([^)#:]+)\)", README)
    assert links and all((ROOT / link).exists() for link in links)
