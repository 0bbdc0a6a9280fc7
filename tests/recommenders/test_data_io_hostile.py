"""Archives that are damaged, foreign or made to do harm."""

import io
import json
import pickle
import struct
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sps

from Recommenders.DataIO import DataIO
from recsys_common.archives import reader as archive_reader


def write_zip(path: Path, members: dict[str, bytes | str], compression: int = zipfile.ZIP_DEFLATED) -> None:
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, content in members.items():
            archive.writestr(name, content)


def npy(array: Any, **kwargs: Any) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, array, **kwargs)
    return buffer.getvalue()


def npz(**arrays: Any) -> bytes:
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **arrays)
    return buffer.getvalue()


def npy_of_header(header: str, data: bytes = b"", version: int = 1) -> bytes:
    length = struct.pack("<H" if version == 1 else "<L", len(header))
    return b"\x93NUMPY" + bytes([version, 0]) + length + header.encode() + data


def npy_of_shape(shape: str, descr: str = "<i8", data: bytes = b"") -> bytes:
    return npy_of_header(f"{{'descr': '{descr}', 'fortran_order': False, 'shape': {shape}, }}", data)


def zip_within(members: dict[str, bytes | str], compression: int = zipfile.ZIP_STORED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compression) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def npz_that_declares(n_bytes: int) -> bytes:
    """An npz whose data has the given number of bytes by its header and by the zip's directory, and none in truth."""
    parts: dict[str, bytes | str] = {f"{name}.npy": npy(CSR[name]) for name in ("indices", "indptr", "shape", "format")}
    header = npy_of_shape(f"({n_bytes // 8},)", "<f8")
    content = bytearray(zip_within({**parts, "data.npy": header}))
    entry = content.index(b"PK\x01\x02", content.rindex(b"data.npy") - 60)
    extra = struct.pack("<HHQ", 1, 8, n_bytes + len(header))
    struct.pack_into("<L", content, entry + 24, 0xFFFFFFFF)
    struct.pack_into("<H", content, entry + 30, len(extra))
    content[entry + 46 + len("data.npy") : entry + 46 + len("data.npy")] = extra
    struct.pack_into("<L", content, len(content) - 10, struct.unpack_from("<L", content, len(content) - 10)[0] + 12)
    return bytes(content)


def frame_json(values: Any = None, index: Any = None) -> str:
    axis = {"kind": "range", "range": [0, 1, 1], "name": None}
    data = [{"dtype": "int64", "values": [1]} if values is None else values]
    return json.dumps({"format_version": 1, "index": index or axis, "columns": axis, "data": data})


def frame_members(*args: Any) -> dict[str, bytes | str]:
    return {"a.csv": ",0\n0,1\n", ".a.frame.json": frame_json(*args)}


LONG_RANGE = {"kind": "range", "range": [0, 10**12, 1], "name": None}


class Bomb:
    def __reduce__(self) -> Any:
        return (Path("exploded").touch, ())


@pytest.fixture(autouse=True)
def _in_tmp_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


CSR = {
    "data": np.ones(2),
    "indices": np.array([0, 1]),
    "indptr": np.array([0, 1, 2]),
    "shape": (2, 2),
    "format": b"csr",
}

HOSTILE_MEMBERS: dict[str, dict[str, bytes | str]] = {
    "pickled_array": {"a.npy": npy(np.array([Bomb()], dtype=object), allow_pickle=True)},
    "bare_pickle": {"a.npy": pickle.dumps(Bomb())},
    "pickle_in_npz": {"a.npz": npz(**CSR | {"data": np.array([Bomb(), Bomb()], dtype=object)})},
    "hdf5": {"a.h5": b"\x89HDF\r\n"},
    "index_out_of_range": {"a.npz": npz(**CSR | {"indices": np.array([0, 10**6])})},
    "negative_index": {"a.npz": npz(**CSR | {"indices": np.array([0, -5])})},
    "indptr_beyond_the_data": {"a.npz": npz(**CSR | {"indptr": np.array([0, 1, 1000])})},
    "decreasing_indptr": {"a.npz": npz(**CSR | {"indptr": np.array([0, 3, 2])})},
    "pointers_back_to_zero": {"a.npz": npz(**CSR | {"indptr": np.array([0, 10**6, 0])})},
    "unsigned_pointers": {"a.npz": npz(**CSR | {"indptr": np.array([0, 3, 0], dtype=np.uint64)})},
    "empty_blocks": {"a.npz": npz(**CSR | {"format": b"bsr", "data": np.ones((2, 0, 1))})},
    "unknown_format": {"a.npz": npz(**CSR | {"format": b"lil"})},
    "no_indices": {"a.npz": npz(**{key: CSR[key] for key in ("data", "indptr", "shape", "format")})},
    "sparse_text": {"a.npz": npz(**CSR | {"data": np.array(["x", "y"])})},
    "three_dimensions": {"a.npz": npz(**CSR | {"shape": (2, 2, 2)})},
    "coo_out_of_range": {"a.npz": npz(data=[1.0], row=[5], col=[0], shape=(2, 2), format=b"coo")},
    "dia_without_offsets": {"a.npz": npz(data=[[1.0, 2.0]], shape=(2, 2), format=b"dia")},
    "npz_no_zip": {"a.npz": b"PK nothing"},
    "array_shorter_than_promised": {"a.npy": npy(np.arange(100))[:-1]},
    "array_longer_than_promised": {"a.npy": npy(np.arange(100)) + b"x"},
    "array_of_a_petabyte": {"a.npy": npy(np.arange(3)).replace(b"(3,), }" + b" " * 14, b"(300000000000000,), }")},
    "array_of_negative_shape": {"a.npy": npy(np.arange(3)).replace(b"(3,), } ", b"(-3,), }")},
    "array_of_negative_shapes": {"a.npy": npy_of_shape("(-1, -1)", data=bytes(8))},
    "array_of_2_to_the_64": {"a.npy": npy_of_shape("(4294967296, 4294967296)")},
    "array_of_2_to_the_67": {"a.npy": npy_of_shape("(9223372036854775808,)")},
    "array_of_1e400": {"a.npy": npy_of_shape(f"({10**400},)")},
    "array_of_many_items_without_bytes": {"a.npy": npy_of_shape("(1000000000000000000,)", "|V0")},
    "array_of_half_a_boolean": {"a.npy": npy_of_shape("(2,)", "|b1", b"\x01\x02")},
    "header_beyond_the_data": {"a.npy": npy(np.arange(3))[:9] + b"\xff" + npy(np.arange(3))[10:]},
    "header_of_4_gigabytes": {"a.npy": b"\x93NUMPY\x02\x00\xff\xff\xff\xff" + b" " * 100},
    "header_of_minus_signs": {"a.npy": npy_of_header("-" * 9_000 + "1")},
    "header_of_brackets": {"a.npy": npy_of_header("(" * 9_000)},
    "header_of_version_9": {"a.npy": b"\x93NUMPY\x09\x00\x01\x00 "},
    "header_of_another_tale": {"a.npy": npy_of_header("{'descr': 1}")},
    "npz_of_16_GiB": {"a.npz": npz_that_declares(2**34)},
    "npz_of_another_compression": {"a.npz": zip_within({"format.npy": npy(np.array(b"csr"))}, zipfile.ZIP_BZIP2)},
    "shape_of_fractions": {"a.npz": npz(**CSR | {"shape": np.array([2.5, 2.5])})},
    "coo_of_fractions": {"a.npz": npz(data=[1.0], row=[0.5], col=[0.5], shape=(2, 2), format=b"coo")},
    "dia_of_fractions": {"a.npz": npz(data=[[1.0, 2.0]], offsets=[0.5], shape=(2, 2), format=b"dia")},
    "sparse_half_booleans": {"a.npz": npz(**CSR | {"data": np.array([1, 2], np.uint8).view(np.bool_)})},
    "csv_of_many_columns": {"a.csv": "a," * 20_000 + "\n"},
    "csv_of_many_columns_on_two_lines": {"a.csv": '"a\n",' * 20_000 + "\n"},
    "csv_of_a_long_name": {"a.csv": '"' + "a" * 200_000},
    "frame_of_long_categories": frame_members(
        {"dtype": "category", "codes": [0], "ordered": False, "categories": LONG_RANGE}),
    "frame_of_long_levels": frame_members(
        None, {"kind": "multi", "levels": [LONG_RANGE], "codes": [[0]], "names": [None]}),
    "frame_of_another_file": frame_members(
        {"dtype": "datetime64[ns]", "values": [0], "timezone": "dateutil//usr/share/zoneinfo/Europe/Rome"}),
    "frame_of_texts_for_numbers": frame_members({"dtype": "float64", "values": ["1.5"]}),
    "frame_of_cut_numbers": frame_members({"dtype": "int64", "values": [1.5]}),
    "frame_of_overflowing_numbers": frame_members({"dtype": "int8", "values": [300]}),
    "dtype_that_is_no_python": {"a.npy": npy(np.arange(3)).replace(b"<i8", b"08b")},
    "traversal": {"../a.json": "1"},
    "windows_traversal": {"..\\a.json": "1"},
    "absolute": {"/a.json": "1"},
    "folder": {"folder/a.json": "1"},
    "hidden_traversal": {"./../x": "1"},
    "reserved_name": {"CON.json": "1"},
    "drive": {"C:a.json": "1"},
    "empty_key": {"good.json": "1", "json": "1"},
    "no_extension": {"README": "1"},
    "unknown_extension": {"script.py": "1"},
    "pickle_extension": {"a.pkl": pickle.dumps(1)},
    "one_key_twice": {"a.json": "1", "a.npy": npy(np.arange(2))},
    "broken_json": {"a.json": '{"a": '},
    "deep_json": {"a.json": "[" * 200_000},
    "no_text": {"a.json": b"\xff\xfe\xfd"},
    "empty_json": {"a.json": ""},
    "empty_csv": {"a.csv": ""},
    "edited_frame": {"a.csv": ",a\n0,1\n", ".a.frame.json": "[]"},
    "nested_no_zip": {"a.zip": b"nothing"},
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE_MEMBERS)
def test_a_hostile_member_is_refused_with_file_and_member_and_nothing_happens(tmp_path: Path, name: str) -> None:
    write_zip(tmp_path / "archive.zip", HOSTILE_MEMBERS[name])
    with pytest.raises(ValueError, match=r"archive\.zip: member ") as refusal:
        DataIO(tmp_path).load_data("archive")
    assert list(HOSTILE_MEMBERS[name])[-1].lstrip(".").split(".")[0] in str(refusal.value)
    assert [path.name for path in tmp_path.iterdir()] == ["archive.zip"]


def test_the_same_members_within_a_nested_archive_are_refused(tmp_path: Path) -> None:
    for members in HOSTILE_MEMBERS.values():
        write_zip(tmp_path / "inner.zip", members)
        write_zip(tmp_path / "archive.zip", {"nested.zip": (tmp_path / "inner.zip").read_bytes()})
        with pytest.raises(ValueError, match=r"archive\.zip: member 'nested\.zip'"):
            DataIO(tmp_path).load_data("archive")
    assert not (tmp_path / "exploded").exists()


def test_the_bomb_of_these_tests_is_live(tmp_path: Path) -> None:
    np.load(io.BytesIO(HOSTILE_MEMBERS["pickled_array"]["a.npy"]), allow_pickle=True)  # type: ignore[arg-type]
    assert (tmp_path / "exploded").exists()


@pytest.mark.parametrize("name", ["pickled_array", "pickle_in_npz"])
def test_objects_are_refused_by_the_dtype_before_their_bytes_are_looked_at(tmp_path: Path, name: str) -> None:
    write_zip(tmp_path / "archive.zip", HOSTILE_MEMBERS[name])
    with pytest.raises(ValueError, match="array of Python objects"):
        DataIO(tmp_path).load_data("archive")


def test_the_refusal_of_hdf5_says_why_and_what_to_do(tmp_path: Path) -> None:
    write_zip(tmp_path / "archive.zip", {"df.h5": b"", ".df.csv": "a"})
    with pytest.raises(ValueError, match=r"'df\.h5'.*pickles.*'\.df\.csv'.*save it again"):
        DataIO(tmp_path).load_data("archive")


def test_two_members_of_one_name_are_refused(tmp_path: Path) -> None:
    for name in ("a.json", ".a.frame.json"):
        with zipfile.ZipFile(tmp_path / "archive.zip", "w") as archive, pytest.warns(UserWarning, match="Duplicate"):
            archive.writestr(name, "1")
            archive.writestr(name, "2")
        with pytest.raises(ValueError, match=r"archive\.zip has two members"):
            DataIO(tmp_path).load_data("archive")


def test_compression_that_archives_never_use_is_refused(tmp_path: Path) -> None:
    write_zip(tmp_path / "archive.zip", {"a.json": "1"}, zipfile.ZIP_LZMA)
    with pytest.raises(ValueError, match="compression method 14"):
        DataIO(tmp_path).load_data("archive")


def test_stored_members_are_read(tmp_path: Path) -> None:
    write_zip(tmp_path / "archive.zip", {"a.json": "1", "b.npy": npy(np.arange(3))}, zipfile.ZIP_STORED)
    assert DataIO(tmp_path).load_data("archive")["a"] == 1


def test_encrypted_members_are_refused(tmp_path: Path) -> None:
    write_zip(tmp_path / "archive.zip", {"a.json": "1"})
    content = bytearray((tmp_path / "archive.zip").read_bytes())
    for signature, offset in ((b"PK\x01\x02", 8), (b"PK\x03\x04", 6)):
        content[content.index(signature) + offset] |= 1
    (tmp_path / "archive.zip").write_bytes(content)
    with pytest.raises(ValueError, match=r"archive\.zip: member 'a\.json'"):
        DataIO(tmp_path).load_data("archive")


def example() -> dict[str, Any]:
    return {
        "array": np.arange(4, dtype=np.float32),
        "matrix": sps.csr_matrix(np.eye(2)),
        "json": {"a": [1, None]},
        "nested": {"inner": np.arange(2)},
        "frame": pd.DataFrame({"x": [1.5, 2.5]}, index=pd.Index([5, 10], name="cutoff")),
    }


def fingerprint(data: dict[str, Any]) -> str:
    return json.dumps(
        [
            data["array"].tolist(), str(data["array"].dtype), data["matrix"].toarray().tolist(), data["json"],
            data["nested"]["inner"].tolist(), data["frame"].to_dict("split"), data["frame"].index.name, list(data),
        ]
    )  # fmt: skip


def test_an_archive_cut_anywhere_is_a_value_error_with_its_name(tmp_path: Path) -> None:
    DataIO(tmp_path).save_data("model", example())
    content = (tmp_path / "model.zip").read_bytes()
    for length in [*range(0, len(content), 37), len(content) - 1]:
        (tmp_path / "model.zip").write_bytes(content[:length])
        with pytest.raises(ValueError, match=r"model\.zip"):
            DataIO(tmp_path).load_data("model")


def test_a_changed_byte_is_a_value_error_or_changes_nothing(tmp_path: Path) -> None:
    DataIO(tmp_path).save_data("model", example())
    content = (tmp_path / "model.zip").read_bytes()
    expected, refused = fingerprint(example()), 0
    rng = np.random.default_rng(0)
    for position in range(0, len(content), 3):
        changed = bytearray(content)
        changed[position] ^= int(rng.integers(1, 256))
        (tmp_path / "model.zip").write_bytes(changed)
        try:
            loaded = DataIO(tmp_path).load_data("model")
        except ValueError as error:
            assert "model.zip" in str(error)
            refused += 1
        else:
            assert fingerprint(loaded) == expected
    assert refused > len(content) / 3 / 2


def test_what_is_no_zip_is_a_value_error(tmp_path: Path) -> None:
    for content in (b"", b"text", b"PK\x05\x06" + b"\xff" * 18):
        (tmp_path / "model.zip").write_bytes(content)
        with pytest.raises(ValueError, match=r"model\.zip is damaged, or not an archive"):
            DataIO(tmp_path).load_data("model")


def test_a_declared_size_beyond_all_measure_is_refused_before_it_is_unpacked(tmp_path: Path) -> None:
    write_zip(tmp_path / "bomb.zip", {"a.json": "1"})
    content = bytearray((tmp_path / "bomb.zip").read_bytes())
    struct.pack_into("<L", content, content.index(b"PK\x01\x02") + 24, 2**31)
    (tmp_path / "bomb.zip").write_bytes(content)
    with pytest.raises(
        ValueError, match=r"bomb\.zip: member 'a\.json' would take .* beyond 167772160 bytes.*max_load_bytes"
    ):
        DataIO(tmp_path).load_data("bomb")


@pytest.mark.parametrize(
    "value", [np.zeros(20_000), {"inner": np.zeros(20_000)}, sps.csr_matrix(np.ones((100, 100))), {"a": "x" * 200_000}]
)
def test_what_unpacks_beyond_the_limit_is_refused_unless_the_limit_is_raised(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, value: Any
) -> None:
    monkeypatch.setattr(archive_reader, "ALWAYS_ALLOWED_BYTES", 50_000)
    monkeypatch.setattr(archive_reader, "ALLOWED_RATIO", 2)
    DataIO(tmp_path).save_data("big", {"a": value})
    with pytest.raises(ValueError, match="max_load_bytes"):
        DataIO(tmp_path).load_data("big")
    assert "a" in DataIO(tmp_path, max_load_bytes=10**6).load_data("big")


@pytest.mark.parametrize(("limit", "error"), [(0, ValueError), (-1, ValueError), (1.5, TypeError), (True, TypeError)])
def test_the_limit_must_be_a_positive_integer(tmp_path: Path, limit: Any, error: type[Exception]) -> None:
    with pytest.raises(error, match="max_load_bytes must be an integer >= 1"):
        DataIO(tmp_path, max_load_bytes=limit)


def test_archives_within_archives_without_end_are_refused(tmp_path: Path) -> None:
    content = b"{}"
    name = "a.json"
    for _ in range(60):
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as archive:
            archive.writestr(name, content)
        content, name = buffer.getvalue(), "a.zip"
    (tmp_path / "deep.zip").write_bytes(content)
    with pytest.raises(ValueError, match="archives deep"):
        DataIO(tmp_path).load_data("deep")
