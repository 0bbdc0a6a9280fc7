"""The warning at the import where the host framework is at hand but not used, or used on numpy 2."""

from pathlib import Path

import pytest

from Recommenders import _host_checkout
from Recommenders._host_checkout import trouble_with_the_host, warn_of_the_host
from Recommenders.BaseRecommender import BaseRecommender


def make_packages(folder: Path, is_host: bool) -> Path:
    """A folder with packages of the framework's names; returns the file of the base class."""
    base_file = folder / "Recommenders" / "BaseRecommender.py"
    base_file.parent.mkdir(parents=True)
    base_file.touch()
    (folder / ("Utils" if is_host else "recsys_common")).mkdir()
    return base_file


@pytest.fixture
def hosts(tmp_path):
    return make_packages(tmp_path / "host", is_host=True)


@pytest.fixture
def ours(tmp_path):
    return make_packages(tmp_path / "installed", is_host=False)


@pytest.mark.parametrize("below", ["", "notebooks", "notebooks/deep"])
def test_a_checkout_that_is_not_used_is_named_with_what_is(hosts, ours, tmp_path, below):
    trouble = trouble_with_the_host(ours, "1.23.5", tmp_path / "host" / below)
    assert str(tmp_path / "host") + " is not used" in trouble and str(ours) in trouble


def test_numpy_2_inside_the_host_is_named(hosts, tmp_path):
    for folder in (tmp_path, tmp_path / "host"):
        assert "does not run on numpy 2.4.6" in trouble_with_the_host(hosts, "2.4.6", folder)
        assert trouble_with_the_host(hosts, "1.26.4", folder) is None


@pytest.mark.parametrize("folder", ["", "elsewhere", "installed", "installed/examples", "clone/examples"])
def test_alone_there_is_nothing_to_say(hosts, ours, tmp_path, folder):
    make_packages(tmp_path / "clone", is_host=False)
    for version in ("1.23.5", "2.4.6"):
        assert trouble_with_the_host(ours, version, tmp_path / folder) is None


def test_a_clone_inside_the_host_is_used_on_purpose(hosts, tmp_path):
    cloned = make_packages(tmp_path / "host" / "clone", is_host=False)
    for folder in ("clone", "clone/examples"):
        assert trouble_with_the_host(cloned, "2.4.6", tmp_path / "host" / folder) is None
    assert trouble_with_the_host(cloned, "2.4.6", tmp_path / "host") is not None


def test_the_warning_points_at_the_module_that_imports(hosts, ours, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path / "host")
    monkeypatch.setattr(_host_checkout.inspect, "getfile", lambda cls: str(ours))
    user = compile("imported(BaseRecommender, '1.23.5')", str(tmp_path / "user.py"), "exec")
    imported = eval("lambda *given: warn_of_the_host(*given)", {"warn_of_the_host": warn_of_the_host})
    with pytest.warns(UserWarning, match="is not used") as caught:
        exec(user, {"imported": imported, "BaseRecommender": BaseRecommender})
    assert [warning.filename for warning in caught] == [str(tmp_path / "user.py")]


def test_a_current_folder_that_is_gone_is_no_error(monkeypatch, recwarn):
    def gone():
        raise FileNotFoundError

    monkeypatch.setattr(Path, "cwd", gone)
    warn_of_the_host(BaseRecommender, "2.4.6")
    assert len(recwarn) == 0
