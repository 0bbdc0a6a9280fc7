"""A folder of Parquet files of synthetic interactions, for trying how large data is read.

    python benchmarks/parquet_interactions.py FOLDER [--interactions 100000000] [--users 1000000] [--items 200000]

The columns are user and item, int64 ids that are neither consecutive nor sorted. Both have a long tail, and some pairs
occur more than once. Prints what it wrote. Read it with `InteractionsReader(FOLDER, columns=("user", "item"))`.
"""

import argparse
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from pyarrow import parquet

# the range of the ids is this many times as wide as the number of ids
IDS_RANGE = 3


def write_parquet_folder(
    folder: Path,
    n_interactions: int,
    n_users: int = 1_000_000,
    n_items: int = 200_000,
    n_files: int = 16,
    random_seed: int = 1,
) -> list[Path]:
    """Write part-000.parquet and so on into the folder, which is made if it is missing, and return the files."""
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(random_seed)
    user_ids, item_ids = _distinct_ids(rng, n_users), _distinct_ids(rng, n_items)
    files = []
    for k in range(n_files):
        n_rows = n_interactions * (k + 1) // n_files - n_interactions * k // n_files
        rows = pa.table({"user": _long_tailed(rng, user_ids, n_rows), "item": _long_tailed(rng, item_ids, n_rows)})
        files.append(folder / f"part-{k:03d}.parquet")
        parquet.write_table(rows, files[-1])
    return files


def _distinct_ids(rng: np.random.Generator, n_ids: int) -> npt.NDArray[np.int64]:
    return rng.permutation(IDS_RANGE * n_ids)[:n_ids].astype(np.int64)


def _long_tailed(rng: np.random.Generator, ids: npt.NDArray[np.int64], size: int) -> npt.NDArray[np.int64]:
    """Draw ids with a long tail: the share of the k-th id falls as 1 / sqrt(k)."""
    places = (len(ids) * rng.random(size) ** 2).astype(np.int64)
    return ids[np.minimum(places, len(ids) - 1)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--interactions", type=int, default=100_000_000)
    parser.add_argument("--users", type=int, default=1_000_000)
    parser.add_argument("--items", type=int, default=200_000)
    parser.add_argument("--files", type=int, default=16)
    parser.add_argument("--random-seed", type=int, default=1)
    options = parser.parse_args()

    files = write_parquet_folder(
        options.folder, options.interactions, options.users, options.items, options.files, options.random_seed
    )
    n_bytes = sum(file.stat().st_size for file in files)
    print(f"{options.interactions} interactions in {len(files)} files, {n_bytes / 1e9:.2f} GB, in {options.folder}")


if __name__ == "__main__":
    main()
