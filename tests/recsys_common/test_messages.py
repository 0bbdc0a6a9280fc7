import ast
import inspect
import io
import sys
import threading
import warnings
from pathlib import Path
from types import SimpleNamespace

import pytest
import tqdm.auto

from recsys_common import messages
from recsys_common.messages import ProgressBar, say, warn

ROOT = Path(messages.__file__).parents[1]


class Failing:
    """A tqdm that counts its calls and fails in one method, or when it is made."""

    made: list["Failing"]

    def __init__(self, fails_in, **arguments):
        self.fails_in, self.calls, self.disable = fails_in, [], False
        Failing.made.append(self)
        self._do("make")

    def _do(self, name):
        self.calls.append(name)
        if name == self.fails_in:
            raise AttributeError("container")

    def update(self, n_units):
        self._do("update")

    def set_postfix(self, values, refresh):
        self._do("set_postfix")

    def reset(self):
        self._do("reset")

    def close(self):
        self._do("close")


@pytest.fixture
def failing(monkeypatch):
    """A function: let the bars be of a kind that fails in a method; returns all that are made."""

    def failing(fails_in):
        Failing.made = []
        for name in ("tqdm.auto.tqdm", "tqdm.std.tqdm"):
            monkeypatch.setattr(name, lambda **arguments: Failing(fails_in, **arguments))
        return Failing.made

    return failing


def use(bar):
    with bar:
        bar.update(2)
        bar.show({"loss": 0.5})
        bar.reset()
        bar.update()
        return "the end"


def test_a_line_goes_to_the_output_of_the_moment(capsys):
    say("one")
    say("two", end="", flush=True)
    assert capsys.readouterr() == ("one\ntwo", "")


def test_a_line_stands_above_a_bar(capsys):
    with ProgressBar(3, desc="bar", mininterval=0) as bar:
        bar.update()
        capsys.readouterr()
        say("line")
        out, err = capsys.readouterr()
    assert out == "line\n" and "bar:  33%" in err  # which is cleared before, and drawn again


def test_a_line_loads_no_tqdm(monkeypatch, capsys):
    for name in messages._BARS:
        monkeypatch.delitem(sys.modules, name)
    say("line")
    assert capsys.readouterr().out == "line\n"
    assert not set(messages._BARS) & set(sys.modules)


def test_a_line_that_cannot_be_printed_is_lost_and_nothing_else(break_console):
    break_console()
    assert say("Überraschung") is None
    assert say("at once", end="", flush=True) is None


@pytest.mark.parametrize(
    ("encoding", "shown"), [("ascii", "\\xe9 \\u20ac \\u65e5"), ("cp1252", "é € \\u65e5"), ("utf-8", "é € 日")]
)
def test_letters_that_the_output_lacks_are_escapes(encoding, shown, monkeypatch):
    output = io.TextIOWrapper(io.BytesIO(), encoding=encoding)
    monkeypatch.setattr(sys, "stdout", output)
    say("é € 日", flush=True)
    assert output.buffer.getvalue().decode(encoding).splitlines() == [shown]


def test_a_line_is_printed_once_beside_a_half_made_bar(half_made_bar, capsys):
    say("once")
    assert capsys.readouterr().out == "once\n"


def test_a_line_is_printed_once_where_the_bars_cannot_be_cleared(monkeypatch, capsys):
    def fail(*arguments, **keywords):
        raise RuntimeError

    monkeypatch.setattr(tqdm.auto.tqdm, "external_write_mode", fail)
    say("once")
    assert capsys.readouterr().out == "once\n"


def test_ctrl_c_goes_through_a_message(monkeypatch):
    def interrupt(text):
        raise KeyboardInterrupt

    monkeypatch.setattr(sys, "stdout", SimpleNamespace(write=interrupt, encoding="utf-8"))
    with pytest.raises(KeyboardInterrupt):
        say("line")


def test_ctrl_c_goes_through_a_bar(failing, monkeypatch):
    failing(None)
    bar = ProgressBar(3)
    monkeypatch.setattr(bar._bar, "update", lambda n_units: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        bar.update()


def in_another_thread(action):
    """Whether it ends, in a thread of its own."""
    thread = threading.Thread(target=action, daemon=True)
    thread.start()
    thread.join(timeout=5)
    return not thread.is_alive()


def test_a_line_waits_for_no_lock_that_an_interrupt_has_left_taken(capsys):
    with tqdm.auto.tqdm.get_lock():
        assert in_another_thread(lambda: say("line"))
    assert capsys.readouterr().out == "line\n"


@pytest.mark.parametrize("where", ["made", "updated"])
def test_an_interrupted_bar_leaves_no_lock_taken(where, monkeypatch):
    def interrupt(*arguments, **keywords):
        tqdm.auto.tqdm.get_lock().acquire()
        raise KeyboardInterrupt

    bar = ProgressBar(3)
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(tqdm.auto.tqdm, "__init__" if where == "made" else "update", interrupt)
        if where == "made":
            ProgressBar(3)
        bar.update()
    assert in_another_thread(lambda: use(ProgressBar(3)))
    bar.close()


@pytest.mark.parametrize("fails_in", ["make", "update", "set_postfix", "reset", "close", None])
def test_a_bar_ends_where_it_fails_and_the_work_goes_on(fails_in, failing):
    made = failing(fails_in)
    use(ProgressBar(3))
    calls = ["make", "update", "set_postfix", "reset", "update", "close"]
    expected = calls if fails_in is None else calls[: calls.index(fails_in) + 1]
    assert [bar.calls for bar in made] == [expected] * (2 if fails_in == "make" else 1)
    assert made[-1].disable is (fails_in not in (None, "make"))


def test_a_notebooks_bar_without_widgets_is_one_of_text(monkeypatch, capsys):
    def no_widgets(**arguments):
        raise ImportError("IProgress not found")

    monkeypatch.setattr(tqdm.auto, "tqdm", no_widgets)
    use(ProgressBar(3, desc="name"))
    assert "name" in capsys.readouterr().err


def test_a_bar_that_cannot_be_shown_costs_nothing(break_console):
    break_console()
    assert use(ProgressBar(3, desc="Überraschung", mininterval=0)) == "the end"


def test_values_that_cannot_be_shown_cost_nothing():
    bar = ProgressBar(3)
    bar.show({"loss": {}})
    assert use(bar) == "the end"


def test_a_quiet_bar_shows_nothing(capsys):
    use(ProgressBar(3, verbose=False))
    assert capsys.readouterr() == ("", "")


def test_a_warning_names_the_line_that_is_to_blame():
    with pytest.warns(UserWarning, match="careful") as caught:
        warn("careful")
    line = inspect.getsourcelines(test_a_warning_names_the_line_that_is_to_blame)[1] + 2
    assert (caught[0].filename, caught[0].lineno) == (__file__, line)


def test_a_warning_is_an_error_where_a_filter_makes_it_one():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(UserWarning, match="careful"):
            warn("careful")


def test_a_warning_that_cannot_be_shown_is_lost_and_nothing_else(monkeypatch):
    def closed(*arguments, **keywords):
        raise ValueError("I/O operation on closed file")

    with warnings.catch_warnings():
        warnings.simplefilter("always")
        monkeypatch.setattr(warnings, "showwarning", closed)
        assert warn("careful") is None


def modules():
    for package in ("recsys_common", "Recommenders", "Evaluation", "Data_manager"):
        for path in (ROOT / package).rglob("*.py"):
            yield path, ast.walk(ast.parse(path.read_text(encoding="utf-8")))


def imported(node):
    if isinstance(node, ast.Import):
        return [alias.name.split(".")[0] for alias in node.names]
    return [(node.module or "").split(".")[0]] if isinstance(node, ast.ImportFrom) else []


def called(node):
    return ast.unparse(node.func) if isinstance(node, ast.Call) else None


def test_nothing_else_prints_warns_or_draws_bars():
    own = Path(messages.__file__)
    others = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path, nodes in modules()
        if path != own
        for node in nodes
        if "tqdm" in imported(node) or called(node) in ("print", "warnings.warn", "sys.stdout.write")
    ]
    assert others == []


def test_messages_need_the_standard_library_and_tqdm_alone():
    nodes = ast.walk(ast.parse(Path(messages.__file__).read_text(encoding="utf-8")))
    assert {name for node in nodes for name in imported(node)} <= sys.stdlib_module_names
    assert messages._BARS == ("tqdm.auto", "tqdm.std")
