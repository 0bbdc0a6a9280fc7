"""Writing a dictionary into a zip: all of it is checked and named before the first byte is written."""

import io
import json
import unicodedata
import zipfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import IO, Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import scipy.sparse as sps

from recsys_common.archives.data_frames import encode_frame

# Deeper dictionaries of arrays are a mistake (mostly one that holds itself); the reader stops there too.
MAX_DEPTH = 32
# numpy refuses to read longer headers of arrays
MAX_HEADER_BYTES = 10_000
_COMPRESS_LEVEL = 1
# The longest file name is 255 bytes on the usual disks; the rest is for extensions.
_MAX_KEY_BYTES = 200
_ILLEGAL_CHARACTERS = frozenset('<>:"/\\|?*')
_RESERVED_ON_WINDOWS = frozenset(
    ["CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$", "CLOCK$"]
    + [f"{device}{digit}" for device in ("COM", "LPT") for digit in "0123456789\u00b9\u00b2\u00b3"]
)
# format of a sparse matrix -> its arrays beside the data, and its class
SPARSE_FORMATS: dict[str, tuple[tuple[str, ...], Any]] = {
    "csr": (("indices", "indptr"), sps.csr_matrix),
    "csc": (("indices", "indptr"), sps.csc_matrix),
    "bsr": (("indices", "indptr"), sps.bsr_matrix),
    "coo": (("row", "col"), sps.coo_matrix),
    "dia": (("offsets",), sps.dia_matrix),
}


@dataclass(frozen=True)
class Member:
    """One file of the archive: its name, its size before compression, nearly, and the function that writes it."""

    name: str
    size: int
    write: Callable[[IO[bytes]], object]


def json_not_serializable_handler(value: Any) -> int | bool | float:
    """Return a numpy scalar as a Python number, for `json.dumps(default=...)`.

    Parameters
    ----------
    value : numpy.integer, numpy.bool_ or numpy.floating

    Returns
    -------
    int, bool or float

    Raises
    ------
    TypeError
        For anything else; also for `numpy.longdouble`, whose digits a JSON number may not keep.
    """
    if isinstance(value, np.integer):
        return int(value)
    if isinstance(value, np.bool_):
        return bool(value)
    if isinstance(value, np.floating) and not isinstance(value, np.longdouble):
        return float(value)
    raise TypeError(f"a {type(value).__name__} cannot be stored as JSON")


def plan_members(data: dict[Any, Any], where: str, notice: Callable[[str], None], depth: int = 0) -> list[Member]:
    """Return the members for the entries of `data`, in their order.

    `where` names the dictionary in errors, `depth` is the number of dictionaries around it, and `notice` gets a text
    when keys are converted to strings. TypeError for a value that the format cannot hold exactly, with its key and
    type; ValueError for a key that is not a safe file name, keys that become the same, and dictionaries that are nested
    too deeply.
    """
    if depth > MAX_DEPTH:
        raise ValueError(f"{where[:60]}... must be at most {MAX_DEPTH} dictionaries deep, got more")
    keyed = _with_string_keys(data, where, notice)
    _check_keys(where, keyed)
    members = []
    for key, value in keyed.items():
        members += _members_of(key, value, f"{where}[{key!r}]", notice, depth)
    return members


def write_members(file: IO[bytes], members: list[Member]) -> None:
    """Write the zip; the same members give the same bytes, since no time is recorded."""
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for member in members:
            info = zipfile.ZipInfo(member.name)
            info.compress_type = zipfile.ZIP_DEFLATED
            # a fifth of the time of the usual level, for a tenth more bytes; zipfile's own name for it is private
            info._compresslevel = _COMPRESS_LEVEL  # type: ignore[attr-defined]
            info.file_size = member.size  # decides whether 64-bit sizes are needed
            with archive.open(info, "w") as handle:
                member.write(handle)


def key_problem(key: str) -> str | None:
    """Say why a key cannot be the name of a file on every system, or return None if it can."""
    if not key:
        return "which is empty"
    if key.startswith("."):
        return "which starts with a dot: readers skip such members"
    if key.endswith((".", " ")):
        return "which ends in a dot or a space"
    for character in key:
        if character in _ILLEGAL_CHARACTERS or unicodedata.category(character) in ("Cc", "Cs"):
            return f"which contains {character!r}"
    if key.partition(".")[0].rstrip(" ").upper() in _RESERVED_ON_WINDOWS:
        return "which Windows reserves for a device"
    if len(key.encode("utf-8")) > _MAX_KEY_BYTES:
        return f"which is longer than {_MAX_KEY_BYTES} bytes in UTF-8"
    return None


def _check_keys(where: str, keys: Iterable[str]) -> None:
    """Refuse keys that cannot be file names side by side in one folder, on any system."""
    seen: dict[str, str] = {}
    for key in keys:
        problem = key_problem(key)
        if problem is not None:
            raise ValueError(f"{where} keys must be safe file names, got {key!r}, {problem}")
        folded = unicodedata.normalize("NFC", key).casefold()
        if folded in seen:
            raise ValueError(
                f"{where} keys must be file names that differ in more than upper and lower case, "
                f"got {seen[folded]!r} and {key!r}"
            )
        seen[folded] = key


def _members_of(key: str, value: Any, where: str, notice: Callable[[str], None], depth: int) -> list[Member]:
    if isinstance(value, pd.DataFrame):
        return _frame_members(key, value, where)
    if sps.issparse(value):
        return [_sparse_member(key, value, where)]
    if isinstance(value, np.ndarray):
        return [_array_member(key, value, where)]
    try:
        text = json.dumps(_json_ready(value, where, notice), default=json_not_serializable_handler)
    except RecursionError as error:
        raise ValueError(f"{where} must not hold itself or be nested so deeply") from error
    except TypeError as error:
        if not isinstance(value, dict):
            raise TypeError(
                f"{where} must be a DataFrame, a sparse matrix, an array, something that JSON can hold, or a "
                f"dictionary of these, got a {type(value).__name__}: {error}"
            ) from error
        nested = plan_members(value, where, notice, depth + 1)
        size = sum(member.size for member in nested)
        return [Member(f"{key}.zip", size, lambda file: write_members(file, nested))]
    except ValueError as error:  # an integer of more digits than Python writes
        raise ValueError(f"{where} must be something that JSON can hold: {error}") from error
    return [_bytes_member(f"{key}.json", text.encode("ascii"))]


def _bytes_member(name: str, content: bytes) -> Member:
    return Member(name, len(content), lambda file: file.write(content))


def _frame_members(key: str, frame: pd.DataFrame, where: str) -> list[Member]:
    """Make a csv that any program shows as a frame, beside the hidden exact one."""
    try:
        exact = json.dumps(encode_frame(frame, where), separators=(",", ":"))
    except RecursionError as error:
        raise ValueError(f"{where} must not have cells that hold themselves") from error
    table = frame.to_csv(lineterminator="\n").encode("utf-8", errors="backslashreplace")
    return [_bytes_member(f"{key}.csv", table), _bytes_member(f".{key}.frame.json", exact.encode("ascii"))]


def _sparse_member(key: str, matrix: Any, where: str) -> Member:
    if matrix.ndim != 2:
        raise TypeError(f"{where} must be a sparse matrix of 2 dimensions, got {matrix.ndim}")
    if matrix.dtype.kind not in "biufc":
        raise TypeError(f"{where} must be a sparse matrix of numbers, got dtype {matrix.dtype}")
    # an *_array would come back as one only where scipy is new, and be refused by older readers
    index_names, matrix_class = SPARSE_FORMATS.get(matrix.format, SPARSE_FORMATS["csr"])
    saved = matrix_class(matrix)
    size = sum(getattr(saved, name).nbytes for name in ("data", *index_names))
    # not compressed here, since the archive does that
    return Member(f"{key}.npz", size, lambda file: sps.save_npz(file, saved, compressed=False))


def _array_member(key: str, array: npt.NDArray[Any], where: str) -> Member:
    if array.dtype.hasobject or isinstance(array, np.ma.MaskedArray):
        what = "a masked array" if isinstance(array, np.ma.MaskedArray) else f"dtype {array.dtype}"
        raise TypeError(f"{where} must be an array of numbers, booleans, strings or dates, got {what}")
    header = io.BytesIO()
    try:
        np.lib.format.write_array_header_1_0(header, np.lib.format.header_data_from_array_1_0(array))
        if header.tell() > MAX_HEADER_BYTES:
            raise ValueError(f"{header.tell()} bytes")
    except ValueError as error:
        raise TypeError(f"{where} must be an array whose dtype fits a plain header, got {array.dtype}") from error

    def write(file: IO[bytes]) -> None:
        np.lib.format.write_array(file, array, version=(1, 0), allow_pickle=False)

    return Member(f"{key}.npy", header.tell() + array.nbytes, write)


def _with_string_keys(data: dict[Any, Any], where: str, notice: Callable[[str], None]) -> dict[str, Any]:
    keyed: dict[str, Any] = {}
    for key, value in data.items():
        text = str(key)
        if text in keyed:
            raise ValueError(f"{where} keys must differ as strings, got {text!r} twice")
        if not isinstance(key, str):
            notice(f"keys that are not strings are saved as strings, and loaded as such: {key!r} in {where}")
        keyed[text] = value
    return keyed


def _json_ready(value: Any, where: str, notice: Callable[[str], None]) -> Any:
    if isinstance(value, dict):
        keyed = _with_string_keys(value, where, notice)
        return {key: _json_ready(element, where, notice) for key, element in keyed.items()}
    if isinstance(value, (list, tuple)):
        return [_json_ready(element, where, notice) for element in value]
    return value
