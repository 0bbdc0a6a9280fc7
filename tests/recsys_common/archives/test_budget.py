"""What loading may cost is known before it is paid."""

import io
import json
import os
import struct
import tracemalloc
import zipfile
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from Recommenders.DataIO import DataIO
from recsys_common.archives import reader as archive_reader
from recsys_common.archives.reader import MAX_CSV_COLUMNS, cost_of_json, spend_for_csv

N = 5_000

JSON_TEXTS = {
    "lists": "[" + "[]," * N + "1]",
    "lists of one": "[" + "[1]," * N + "1]",
    "lists of five": "[" + "[1,2,3,4,5]," * N + "1]",
    "dictionaries": "[" + "{}," * N + "1]",
    "dictionaries of one": "[" + '{"a":1},' * N + "1]",
    "dictionaries of one key each": "[" + ",".join(f'{{"{number}":{number}}}' for number in range(N)) + "]",
    "dictionaries of six": "[" + ('{"a":1,"b":2,"c":3,"d":4,"e":5,"f":6},' * N) + "1]",
    "keys": "{" + ",".join(f'"{number}":{number}' for number in range(N)) + "}",
    "keys just after the table has grown": "{" + ",".join(f'"{number}":{number}' for number in range(5_500)) + "}",
    "numbers": "[" + "1.5," * N + "1]",
    "small numbers": "[" + "1," * N + "1]",
    "long numbers": "[" + "123456789012345678901," * N + "1]",
    "texts": "[" + '"a",' * N + "1]",
    "texts of two": "[" + '"ab",' * N + "1]",
    "one text": json.dumps("a" * 10 * N),
    "one wide text": json.dumps("a" * 10 * N + "\U0001f600", ensure_ascii=False),
    "one wide text in ASCII": json.dumps("a" * 10 * N + "\U0001f600"),
    "nested": "[" * 500 + "]" * 500,
}


@pytest.mark.parametrize("kind", JSON_TEXTS)
def test_the_cost_of_json_is_no_less_than_the_memory_that_decoding_takes(kind: str) -> None:
    content = JSON_TEXTS[kind].encode()
    cost = cost_of_json(content)
    tracemalloc.start()
    value = json.loads(content.decode("utf-8-sig"))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert value is not None
    assert 0.95 * peak <= cost <= 10 * peak


def write(path: Path, members: dict[str, bytes]) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)


def peak_of_refusal(path: Path, match: str) -> int:
    tracemalloc.start()
    try:
        with pytest.raises(ValueError, match=rf"{path.name}: member .*{match}"):
            DataIO(path.parent).load_data(path.name)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.fixture
def little(monkeypatch: pytest.MonkeyPatch) -> int:
    """What is always allowed here, so that files stay small."""
    monkeypatch.setattr(archive_reader, "ALWAYS_ALLOWED_BYTES", 2**22)
    return 2**22


@pytest.mark.parametrize("unit", [b"[],", b"{},", b'"a",', b"1.5,"])
@pytest.mark.parametrize("name", ["a.json", ".a.frame.json"])
def test_a_bomb_of_json_is_refused_before_its_objects_are_made(
    tmp_path: Path, little: int, unit: bytes, name: str
) -> None:
    n_units = little // 30
    content = b"[" + unit * n_units + b"1]"
    write(tmp_path / "bomb.zip", {"a.csv": b"a", name: content} if name.startswith(".") else {name: content})
    assert (tmp_path / "bomb.zip").stat().st_size < 10_000
    assert peak_of_refusal(tmp_path / "bomb.zip", "max_load_bytes") < 2 * len(content) + 2**20


def test_many_members_share_one_budget(tmp_path: Path, little: int) -> None:
    content = b"[" + b"[]," * 10_000 + b"1]"
    write(tmp_path / "bomb.zip", {f"a{number}.json": content for number in range(20)})
    assert peak_of_refusal(tmp_path / "bomb.zip", "max_load_bytes") < 1.5 * little


def test_a_member_that_unpacks_to_more_than_it_declares_is_not_unpacked(tmp_path: Path) -> None:
    write(tmp_path / "bomb.zip", {"a.json": b"[" + b" " * 50_000_000})
    content = bytearray((tmp_path / "bomb.zip").read_bytes())
    struct.pack_into("<L", content, content.rindex(b"PK\x01\x02") + 24, 10)
    (tmp_path / "bomb.zip").write_bytes(content)
    assert peak_of_refusal(tmp_path / "bomb.zip", "damaged") < 1_000_000


def test_a_zip_within_of_very_many_members_is_refused_before_they_are_listed(tmp_path: Path) -> None:
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w") as archive:
        archive.writestr("a.json", "1")
    content = bytearray(inner.getvalue())
    start = content.index(b"PK\x01\x02")
    entry, end = content[start : start + 46 + 6], content[start + 46 + 6 :]
    write(tmp_path / "bomb.zip", {"a.zip": bytes(content[:start] + entry * 200_000 + end)})
    assert peak_of_refusal(tmp_path / "bomb.zip", "max_load_bytes") < 50_000_000


def test_more_members_than_are_read_in_a_short_time_are_refused(tmp_path: Path) -> None:
    write(tmp_path / "many.zip", {f"{number}.json": b"1" for number in range(15_000)})
    with pytest.raises(ValueError, match=r"many\.zip would take .*max_load_bytes"):
        DataIO(tmp_path).load_data("many")
    assert len(DataIO(tmp_path, max_load_bytes=2**30).load_data("many")) == 15_000


def test_the_csv_beside_an_exact_frame_is_not_read(tmp_path: Path, little: int) -> None:
    frame = pd.DataFrame({"a": [1.5, 2.5]})
    DataIO(tmp_path).save_data("frame", {"df": frame})
    with zipfile.ZipFile(tmp_path / "frame.zip") as archive:
        exact = archive.read(".df.frame.json")
    write(tmp_path / "edited.zip", {"df.csv": bytes(10 * little), ".df.frame.json": exact})
    pd.testing.assert_frame_equal(DataIO(tmp_path).load_data("edited")["df"], frame)


def test_the_cost_of_a_csv_counts_fields_and_columns() -> None:
    spent: list[int] = []
    spend_for_csv(b"a,b\n1,2\n", spent.append)
    assert spent[0] >= 5 * 72 and spent[1] == 2 * 2**15
    with pytest.raises(ValueError, match=f"{MAX_CSV_COLUMNS + 1} columns"):
        spend_for_csv(b"a," * MAX_CSV_COLUMNS, spent.append)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes on this system")
def test_what_is_no_regular_file_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.zip")
    (tmp_path / "folder.zip").mkdir()
    kinds: dict[str, Callable[[], None]] = {"pipe": lambda: None, "folder": lambda: None}
    if Path("/dev/zero").exists():
        kinds["device"] = lambda: (tmp_path / "device.zip").symlink_to("/dev/zero")
    for kind, make in kinds.items():
        make()
        with pytest.raises(ValueError, match=rf"{kind}\.zip' must be a regular file, got a {kind}"):
            DataIO(tmp_path).load_data(kind)


def test_a_link_to_an_archive_is_one(tmp_path: Path) -> None:
    DataIO(tmp_path).save_data("archive", {"a": 1})
    try:
        (tmp_path / "link.zip").symlink_to(tmp_path / "archive.zip")
    except OSError:
        pytest.skip("this system makes no links")
    assert DataIO(tmp_path).load_data("link") == {"a": 1}
