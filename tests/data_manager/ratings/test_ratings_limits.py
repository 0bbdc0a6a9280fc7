"""Ratings that would fill the memory, or that never end."""

import bz2
import gzip
import lzma
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet

from Data_manager._matrices.builder import Interactions
from Data_manager._ratings import arrow as _ratings_arrow
from Data_manager._ratings import files as _ratings_files
from Data_manager._sources.zip_members import check_complete_zip, member_names
from Data_manager._storage.hashing import hash_file
from Data_manager.DataReader_utils import load_CSV_into_SparseBuilder
from Data_manager.interactions_reader import InteractionsReader

COMPRESS: dict[str, Callable[[bytes], bytes]] = {".gz": gzip.compress, ".bz2": bz2.compress, ".xz": lzma.compress}
N_ROWS = 100_000
HONEST = b"user,item,rating\n" + b"".join(b"%d,%d,%d\n" % (i % 97, i // 97, i % 5 + 1) for i in range(5_000))


@pytest.fixture(autouse=True)
def _little(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is always allowed here, so that files stay small."""
    for module in (_ratings_files, _ratings_arrow):
        monkeypatch.setattr(module, "ALWAYS_ALLOWED_BYTES", 1_000)


def load(path: Path, folder: Path) -> int:
    return int(InteractionsReader(path, data_folder=folder, verbose=False).load_data(False).get_URM_all().nnz)


@pytest.mark.parametrize("suffix", COMPRESS)
def test_what_unpacks_far_beyond_its_size_is_refused_with_a_way_on(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"ratings.csv{suffix}"
    path.write_bytes(COMPRESS[suffix](b"user,item,rating\n" + b"a,x,3\n" * N_ROWS))
    with pytest.raises(
        ValueError, match=rf"^'{re.escape(str(path))}' is refused: .* 100 times .* give the unpacked file"
    ):
        load(path, tmp_path)


@pytest.mark.parametrize("suffix", COMPRESS)
def test_one_line_that_unpacks_far_beyond_its_size_is_refused(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"ratings.csv{suffix}"
    path.write_bytes(COMPRESS[suffix](bytes(10**6)))
    with pytest.raises(ValueError, match=rf"^'{re.escape(str(path))}' is refused"):
        load(path, tmp_path)


@pytest.mark.parametrize("suffix", COMPRESS)
def test_what_is_compressed_as_ratings_are_is_read(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"ratings.csv{suffix}"
    path.write_bytes(COMPRESS[suffix](HONEST))
    assert load(path, tmp_path) == 5_000


@pytest.mark.parametrize("kind", [pa.string(), pa.large_string()])
def test_a_long_text_of_every_row_of_parquet_is_read_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: pa.DataType
) -> None:
    path = tmp_path / "ratings.parquet"
    users = pa.array(["x" * 1_000] * N_ROWS).cast(kind)
    parquet.write_table(pa.table({"user": users, "item": np.arange(N_ROWS), "rating": np.ones(N_ROWS)}), path)
    n_bytes = []
    original = _ratings_arrow.interactions_of_batch

    def measured(batch: pa.RecordBatch, *arguments: Any) -> Interactions:
        n_bytes.append(batch.nbytes)
        return original(batch, *arguments)

    monkeypatch.setattr(_ratings_arrow, "interactions_of_batch", measured)
    assert load(path, tmp_path) == N_ROWS
    assert sum(n_bytes) < 100 * N_ROWS


def test_small_groups_of_rows_of_parquet_are_read_as_one_batch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "ratings.parquet"
    users, items = np.divmod(np.random.default_rng(0).permutation(10_000), 100)
    written = pa.table({"user": [f"u{u}" for u in users], "item": [f"i{i}" for i in items], "rating": np.ones(10_000)})
    parquet.write_table(written, path, row_group_size=100)
    batches = []
    original = _ratings_arrow.interactions_of_batch

    def kept(batch: pa.RecordBatch, *arguments: Any) -> Interactions:
        batches.append(batch)
        return original(batch, *arguments)

    monkeypatch.setattr(_ratings_arrow, "interactions_of_batch", kept)
    assert load(path, tmp_path) == 10_000
    (batch,) = batches
    assert batch.column("user").to_pylist() == written["user"].to_pylist()


def test_parquet_of_texts_that_unpack_far_beyond_its_size_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "ratings.parquet"
    table = pa.table({"user": ["x" * 10_000] * 1_000, "item": np.arange(1_000), "rating": np.ones(1_000)})
    parquet.write_table(table, path, compression="zstd", use_dictionary=False)
    with pytest.raises(ValueError, match=rf"^'{re.escape(str(path))}' is refused: .* bytes of 1000 rows"):
        load(path, tmp_path)


def test_parquet_of_far_more_rows_than_bytes_is_refused_with_a_way_on(tmp_path: Path) -> None:
    path = tmp_path / "ratings.parquet"
    same = pa.array(np.zeros(N_ROWS * 10, dtype=np.int64))
    parquet.write_table(pa.table({"user": same, "item": same, "rating": same}), path)
    with pytest.raises(
        ValueError, match=rf"^'{re.escape(str(path))}' is refused: .*{N_ROWS * 10} rows; .* the data frame"
    ):
        load(path, tmp_path)


# name of a file -> what reads it
READERS: dict[str, Callable[[Path], object]] = {
    **{name: lambda path: load(path, path.parent) for name in ("a.csv", "a.csv.gz", "a.zip", "a.parquet")},
    "b.csv": load_CSV_into_SparseBuilder,
    "b.zip": member_names,
    "c.zip": check_complete_zip,
    "d.zip": lambda path: hash_file(path, "sha256"),
}


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes on this system")
@pytest.mark.parametrize("name", READERS)
def test_a_pipe_is_refused_and_not_waited_for(tmp_path: Path, name: str) -> None:
    os.mkfifo(tmp_path / name)
    with pytest.raises(ValueError, match=f"{re.escape(name)}' must be a regular file, got a pipe; write its content"):
        READERS[name](tmp_path / name)


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="there are no devices on this system")
@pytest.mark.parametrize("name", READERS)
def test_a_link_to_a_device_is_refused_and_one_to_a_file_is_not(tmp_path: Path, name: str) -> None:
    (tmp_path / name).symlink_to("/dev/zero")
    with pytest.raises(ValueError, match=f"{re.escape(name)}' must be a regular file, got a device"):
        READERS[name](tmp_path / name)
    (tmp_path / "honest.csv").write_bytes(HONEST)
    (tmp_path / "link.csv").symlink_to(tmp_path / "honest.csv")
    assert load(tmp_path / "link.csv", tmp_path) == 5_000


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes on this system")
def test_a_pipe_in_a_folder_of_ratings_is_not_passed_over(tmp_path: Path) -> None:
    folder = tmp_path / "ratings"
    folder.mkdir()
    (folder / "a.csv").write_bytes(HONEST)
    os.mkfifo(folder / "b.csv")
    with pytest.raises(ValueError, match=r"b\.csv' must be a regular file, got a pipe"):
        load(folder, tmp_path)
