"""The README and the pages of docs/: their examples run, their links lead somewhere, the files that they name exist."""

import re
import shlex
import sys
from importlib import import_module
from pathlib import Path

import pytest

import run_matrix_factorization

ROOT = Path(run_matrix_factorization.__file__).parent
README = ROOT / "README.md"
DOCS = ROOT / "docs"
PAGES = [README, ROOT / "CONTRIBUTING.md", *sorted(DOCS.glob("*.md"))]

for_each_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)


def text_of(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def examples_of(page: Path) -> list[str]:
    return re.findall(r"```python\n(.*?)```", text_of(page), flags=re.DOTALL)


def run_example(page: Path) -> dict:
    """Run the only example of a page in Python and return the names that it leaves."""
    (example,) = examples_of(page)
    names: dict = {}
    exec(compile(example, page.name, "exec"), names)
    return names


def test_every_example_has_a_test():
    """The one of host.md runs in tests/plugin, where the host's search is."""
    assert {page.name: len(examples_of(page)) for page in PAGES if examples_of(page)} == {
        "README.md": 1,
        "data.md": 1,
        "evaluation.md": 1,
        "host.md": 1,
    }


def test_the_example_of_the_readme_runs(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    names = run_example(README)
    assert len(names["recommender"].recommend(42, cutoff=10)) == 10
    assert names["errors"]["RMSE"].iloc[0] < 0.7
    assert names["loaded"].recommend(42) == names["recommender"].recommend(42)
    assert (tmp_path / "models" / "first.zip").is_file()


def test_the_example_of_data_runs(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    names = run_example(DOCS / "data.md")
    assert names["first"].get_user_original_IDs().tolist() == ["ann", "bob"]
    assert names["second"].get_user_original_IDs().tolist() == ["ann", "bob", "eve"]
    assert names["second"].get_URM_all().toarray().tolist() == [[0, 0, 0], [0, 2, 0], [0, 0, 1]]
    parts = [names[f"URM_{part}"].nnz for part in ("train", "validation", "test")]
    assert min(parts) > 0.05 * sum(parts) and parts[0] > 0.75 * sum(parts)
    assert (tmp_path / "statistics.png").is_file()
    assert {path.name for path in (tmp_path / "exported").iterdir()} == {"train.csv", "validation.csv", "test.csv"}


def test_the_example_of_evaluation_runs(capsys):
    names = run_example(DOCS / "evaluation.md")
    assert list(names["table"].columns) == ["RECALL", "NDCG", "AUC"]
    assert (names["comparison"]["adjusted_p_value"] < 0.01).all()
    assert "Holm over 2 comparisons" in capsys.readouterr().out


def test_the_stub_of_lightfm_stands_for_every_name(tmp_path, monkeypatch):
    (program,) = re.findall(r"""^ +python -c "(open\('lightfm\.py'.*)"$""", text_of(DOCS / "host.md"), re.MULTILINE)
    monkeypatch.chdir(tmp_path)
    exec(program)
    monkeypatch.syspath_prepend(tmp_path)
    for name in ("lightfm", "lightfm.lightfm"):
        monkeypatch.delitem(sys.modules, name, raising=False)
        assert import_module(name).LightFM is None
        monkeypatch.delitem(sys.modules, name)


def test_the_commands_of_the_readme_have_options_that_exist():
    commands = re.findall(r"`python run_matrix_factorization\.py (--[^`]*)`", text_of(README))
    commands.remove("--help")
    assert commands
    for command in commands:
        run_matrix_factorization.parse_arguments(shlex.split(command))


@pytest.mark.parametrize("script", sorted((ROOT / "benchmarks").glob("*.py")), ids=lambda path: path.name)
def test_every_benchmark_is_named(script):
    assert f"`{script.name}`" in text_of(DOCS / "performance.md")


def test_the_readme_is_short_enough_to_be_read():
    assert len(text_of(README).split()) <= 1400


def anchor_of(heading: str) -> str:
    """Return the anchor that GitHub gives to a heading."""
    return re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")


def anchors_of(page: Path) -> set[str]:
    without_code = re.sub(r"```.*?```", "", text_of(page), flags=re.DOTALL)
    return {anchor_of(heading) for heading in re.findall(r"^#+ (.+)$", without_code, flags=re.MULTILINE)}


def test_anchors_are_made_as_on_github():
    assert anchor_of("Windows, macOS, Linux ") == "windows-macos-linux"
    assert anchor_of("What `fit` does") == "what-fit-does"


@for_each_page
def test_the_links_lead_to_files_and_headings(page):
    for link in re.findall(r"\]\(([^):]+)\)", text_of(page)):
        name, _, anchor = link.partition("#")
        target = (page.parent / name).resolve() if name else page
        assert target.is_file(), link
        assert not anchor or anchor in anchors_of(target), link


def test_every_page_of_the_docs_is_linked_in_the_readme():
    assert {f"docs/{page.name}" for page in DOCS.glob("*.md")} <= set(re.findall(r"\]\(([^)#]+)\)", text_of(README)))


# what a run or an installation makes
NOT_IN_THE_CLONE = ("result_experiments/", "Data_manager_split_datasets/", "build/")


@for_each_page
def test_the_modules_that_are_named_exist(page):
    for name in re.findall(r"`((?:Recommenders|Evaluation|Data_manager|recsys_common)\.[\w.]+)[`(]", text_of(page)):
        try:
            found = import_module(name)
        except ModuleNotFoundError:
            module, _, attribute = name.rpartition(".")
            found = getattr(import_module(module), attribute, None)
        assert found is not None, name


@for_each_page
def test_the_files_that_are_named_exist(page):
    named = re.findall(r"`([\w.*-]+/[\w./*-]*)`", text_of(page))
    missing = [name for name in named if name not in NOT_IN_THE_CLONE and not list(ROOT.glob(name.rstrip("/")))]
    assert missing == []


def test_every_folder_of_the_packages_has_its_phrase_in_contributing():
    packages = ("recsys_common", "Recommenders", "Evaluation", "Data_manager")
    folders = {path.parent.relative_to(ROOT) for package in packages for path in (ROOT / package).rglob("*.py")}
    rows = set(re.findall(r"^\| `([\w/]+)/` \|", text_of(ROOT / "CONTRIBUTING.md"), flags=re.MULTILINE))
    assert {folder.as_posix() for folder in folders} <= rows
