"""The host framework's archives as their description has them: slow, obvious, through files in a folder."""

import io
import json
import random
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import scipy.sparse as sps


def _plain_scalar(value: Any) -> Any:
    if isinstance(value, np.integer):
        return int(value)
    if isinstance(value, np.bool_):
        return bool(value)
    raise TypeError(f"{type(value)} is not JSON serializable")


def _member(key: str, value: Any) -> tuple[str, bytes]:
    buffer = io.BytesIO()
    if isinstance(value, sps.spmatrix):
        sps.save_npz(buffer, value)
        return f"{key}.npz", buffer.getvalue()
    if isinstance(value, np.ndarray):
        np.save(buffer, value, allow_pickle=False)
        return f"{key}.npy", buffer.getvalue()
    try:
        if isinstance(value, dict):
            value = {str(k): v for k, v in value.items()}
        return f"{key}.json", json.dumps(value, default=_plain_scalar).encode()
    except TypeError:
        if not isinstance(value, dict):
            raise
        write_host_archive(buffer, value)
        return f"{key}.zip", buffer.getvalue()


def write_host_archive(target: Any, data: dict[Any, Any], seed: int = 0) -> None:
    """What the host writes, without data frames; members in an arbitrary order."""
    members = [_member(str(key), value) for key, value in data.items()]
    random.Random(seed).shuffle(members)
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members:
            archive.writestr(name, content)


def read_host_archive(path: Path, folder: Path) -> dict[str, Any]:
    """What the host reads: unpacks into `folder`, skips hidden files, chooses by extension."""
    folder.mkdir()
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        assert {info.compress_type for info in archive.infolist()} <= {zipfile.ZIP_DEFLATED}
        archive.extractall(folder)
    data = {}
    for member in folder.iterdir():
        if member.name.startswith("."):
            continue
        key, extension = member.stem, member.suffix
        if extension == ".csv":
            data[key] = pd.read_csv(member, index_col=False)
        elif extension == ".npz":
            data[key] = sps.load_npz(member)
        elif extension == ".npy":
            data[key] = np.load(member, allow_pickle=False)
        elif extension == ".zip":
            data[key] = read_host_archive(member, folder / f"unpacked_{key}")
        elif extension == ".json":
            data[key] = json.loads(member.read_text(encoding="utf-8"))
        else:
            raise Exception(f"unknown member {member.name}")
    return data
