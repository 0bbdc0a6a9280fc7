"""Reading arrays and sparse matrices from npy and npz content that may be damaged or hostile."""

import io
import math
import struct
import zipfile
from collections.abc import Callable
from typing import IO, Any

import numpy as np
import numpy.typing as npt

from recsys_common.archives.writer import MAX_HEADER_BYTES, SPARSE_FORMATS
from recsys_common.sparse_structure import structure_fault

# version of the format -> how the length of the header is written, and what reads the header
_HEADERS: dict[tuple[int, int], tuple[struct.Struct, Callable[[IO[bytes]], tuple[Any, ...]]]] = {
    (1, 0): (struct.Struct("<H"), np.lib.format.read_array_header_1_0),
    (2, 0): (struct.Struct("<L"), np.lib.format.read_array_header_2_0),
}


def check_compression(member: zipfile.ZipInfo) -> None:
    """Refuse a member that is neither stored nor deflated with ValueError."""
    if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise ValueError(f"compression method {member.compress_type} is not used in these archives")


def read_array(file: IO[bytes], size: int, spend: Callable[[int], None]) -> npt.NDArray[Any]:
    """Read an npy file of `size` bytes; `spend` is told the memory of the array before it is taken.

    ValueError if the header cannot be read or does not fit the size, for arrays of Python objects, and for booleans
    that are neither 0 nor 1.
    """
    shape, dtype = _read_header(file)
    if dtype.hasobject:
        raise ValueError("it is an array of Python objects, which only a pickle could hold")
    if any(length < 0 for length in shape):
        raise ValueError(f"shape {shape} is negative")
    n_values = math.prod(shape)
    if file.tell() + n_values * dtype.itemsize != size:
        raise ValueError(f"shape {shape} and dtype {dtype} do not fit its {size} bytes")
    spend(n_values * max(dtype.itemsize, 1))
    file.seek(0)
    array: npt.NDArray[Any] = np.lib.format.read_array(file, allow_pickle=False)
    # numpy takes any byte for a boolean, and sums and compares it as the number that it is
    if dtype == np.bool_ and array.size and array.view(np.uint8).max() > 1:
        raise ValueError("it has booleans that are neither 0 nor 1")
    return array


def read_sparse(content: zipfile.ZipFile, spend: Callable[[int], None]) -> Any:
    """Read the sparse matrix of an npz file, and only the members that its format has.

    ValueError or KeyError if a member is missing or damaged, or if they do not make a consistent matrix of numbers.
    """
    form = _part(content, "format", spend).item()
    form = form.decode("ascii") if isinstance(form, bytes) else form
    index_names, matrix_class = SPARSE_FORMATS[form]
    parts = {name: _part(content, name, spend) for name in (*index_names, "shape")}
    for name, part in parts.items():
        if part.dtype.kind != "i":
            raise ValueError(f"a sparse matrix whose {name} is of dtype {part.dtype}")
    data = _part(content, "data", spend)
    if data.dtype.kind not in "biufc" or data.dtype == np.float16:  # scipy cannot compute with these
        raise ValueError(f"a sparse matrix of dtype {data.dtype}")
    n_rows, n_columns = (int(n) for n in parts["shape"])
    indices = tuple(parts[name] for name in index_names)
    matrix = matrix_class((data, indices) if form == "coo" else (data, *indices), shape=(n_rows, n_columns))
    fault = structure_fault(matrix)
    if fault is not None:
        raise ValueError(f"a sparse matrix with {fault}")
    return matrix


def _read_header(file: IO[bytes]) -> tuple[tuple[int, ...], np.dtype[Any]]:
    version = np.lib.format.read_magic(file)
    if version not in _HEADERS:
        raise ValueError(f"version {version} of the npy format is not read")
    length_form, read = _HEADERS[version]
    prefix = file.read(length_form.size)
    (length,) = length_form.unpack(prefix)
    if length > MAX_HEADER_BYTES:
        raise ValueError(f"its header of {length} bytes is longer than {MAX_HEADER_BYTES}")
    try:
        shape, _, dtype = read(io.BytesIO(prefix + file.read(length)))
    except (MemoryError, RecursionError) as error:  # of the parser: so short a header cannot fill the memory
        raise ValueError("its header is nested too deeply") from error
    return shape, dtype


def _part(content: zipfile.ZipFile, name: str, spend: Callable[[int], None]) -> npt.NDArray[Any]:
    member = content.getinfo(f"{name}.npy")
    check_compression(member)
    with content.open(member) as file:
        array = read_array(file, member.file_size, spend)
    # scipy has matrices in the byte order of the machine only
    return array.astype(array.dtype.newbyteorder("="), copy=False)
