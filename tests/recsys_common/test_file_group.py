import itertools
import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from recsys_common import atomic_file
from recsys_common.file_group import FileGroup

NAMES = ("head", "one", "two", "only_old")
OLD = {"head": "old head", "one": "old", "two": "old", "only_old": "old"}
NEW = {"head": "new head", "one": "new", "two": "new"}


def group(folder: Path) -> FileGroup:
    return FileGroup(folder, "head", NAMES)


def save(folder: Path, contents: dict[str, str]) -> None:
    """Without the lock, which a process that is killed gives back and a test that is not keeps."""
    with group(folder).replace() as place:
        for name in reversed(contents):  # the head last
            (place / name).write_text(contents[name])


def seen(folder: Path) -> dict[str, str]:
    """What is there for whoever does not know of groups."""
    return {path.name: path.read_text() for path in folder.iterdir() if path.is_file() and path.name[0] != "."}


def finished(folder: Path) -> dict[str, str]:
    group(folder).finish()
    assert not [path for path in folder.iterdir() if path.name.startswith(".")]
    return seen(folder)


class Killed(BaseException):
    """The end of a process, as far as nothing catches it."""


def killed_before(k: int, work: Callable[[], object], monkeypatch: pytest.MonkeyPatch) -> bool:
    """Whether the work came to its k-th operation on a name, before which it ended without cleaning up."""
    n_calls = itertools.count(1)

    def counted(original: Callable[..., Any]) -> Callable[..., Any]:
        def operation(*arguments: Any, **named: Any) -> Any:
            if next(n_calls) >= k:  # what would clean up is dead too
                raise Killed
            return original(*arguments, **named)

        return operation

    with monkeypatch.context() as patch:
        for name in ("mkdir", "write_text", "unlink", "replace", "rmdir"):
            patch.setattr(Path, name, counted(getattr(Path, name)))
        patch.setattr("shutil.rmtree", counted(lambda *arguments, **named: None))
        try:
            work()
        except Killed:
            return True
    return False


@pytest.mark.parametrize("old", [OLD, {}], ids=["old", "none"])
def test_kill_before_any_operation_leaves_old_or_new_and_never_some_of_both(
    old: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = []
    for k in itertools.count(1):
        folder = tmp_path / f"{k}"
        folder.mkdir()
        (folder / "of_the_user").write_text("stays")
        if old:
            save(folder, old)
        was_killed = killed_before(k, partial(save, folder, NEW), monkeypatch)
        visible = {name: text for name, text in seen(folder).items() if name != "of_the_user"}
        assert visible.items() <= OLD.items() or visible.items() <= NEW.items()
        if "head" in visible:
            assert visible in (OLD, NEW)
        after = finished(folder)
        assert "head" not in visible or {**visible, "of_the_user": "stays"} == after, "what was there whole stays"
        assert after.pop("of_the_user") == "stays"
        assert after in (old, NEW)
        found.append(after)
        if not was_killed:
            break
    assert found[0] == old and found[-1] == NEW
    # once new, always new
    assert found == sorted(found, key=lambda contents: contents == NEW)


def test_kill_while_another_one_finishes_loses_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for first, second in itertools.product(range(6, 14), range(1, 8)):
        folder = tmp_path / f"{first}_{second}"
        folder.mkdir()
        save(folder, OLD)
        killed_before(first, partial(save, folder, NEW), monkeypatch)
        before = seen(folder)
        killed_before(second, group(folder).finish, monkeypatch)
        after = finished(folder)
        assert after == NEW or (after == OLD == before)


def test_error_in_the_block_leaves_the_old_files(tmp_path: Path) -> None:
    save(tmp_path, OLD)
    with pytest.raises(KeyboardInterrupt), group(tmp_path).replace() as place:
        (place / "head").write_text("new head")
        raise KeyboardInterrupt
    assert seen(tmp_path) == OLD
    assert {path.name for path in tmp_path.iterdir()} == set(OLD)


def test_a_deletion_refused_for_a_moment_is_tried_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    save(tmp_path, OLD)
    unlink, refusals = Path.unlink, [PermissionError("in use")]

    def sometimes(self: Path, missing_ok: bool = False) -> None:
        if refusals and self.parent == tmp_path and not self.name.startswith("."):
            raise refusals.pop()
        unlink(self, missing_ok)

    monkeypatch.setattr(Path, "unlink", sometimes)
    monkeypatch.setattr(atomic_file, "_REPLACE_ATTEMPTS", 2)
    save(tmp_path, NEW)
    assert not refusals
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == NEW


def test_threads_that_save_at_once_leave_one_of_them(tmp_path: Path) -> None:
    generations = [dict.fromkeys(("head", "one", "two"), f"{number}") for number in range(8)]

    def save_locked(generation: dict[str, str]) -> None:
        with group(tmp_path).locked():
            save(tmp_path, generation)

    threads = [threading.Thread(target=save_locked, args=(generation,)) for generation in generations]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen(tmp_path) in generations
    assert {path.name for path in tmp_path.iterdir()} == {"head", "one", "two"}


def test_a_folder_under_the_name_of_a_file_is_an_error_before_anything_is_done(tmp_path: Path) -> None:
    save(tmp_path, OLD)
    (tmp_path / "two").unlink()
    (tmp_path / "two").mkdir()
    before = seen(tmp_path)
    with pytest.raises(IsADirectoryError, match="two must be a file or not exist, got a folder"):
        save(tmp_path, NEW)
    assert seen(tmp_path) == before and before["head"] == "old head"
