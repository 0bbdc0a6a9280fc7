"""Dictionaries of matrices, arrays, data frames and JSON values, in one zip file each, under the framework's name."""

import os
from typing import Any

from recsys_common.archives.folder import ArchiveFolder
from recsys_common.archives.writer import json_not_serializable_handler

__all__ = ["DataIO", "json_not_serializable_handler"]


class DataIO:
    """A folder where dictionaries are saved and loaded, without pickle on either way.

    An archive is an ordinary flat zip of deflated members, which the host framework reads and writes too. The entry K
    of the dictionary becomes, by the first type in this order that its value has:

    ========================== ============== =======================================================================
    value                      member         comes back as
    ========================== ============== =======================================================================
    pandas DataFrame           ``K.csv`` and  the same frame, with labels, names, dtypes and cells; read by a program
                               ``.K.frame.    that knows only the csv, its index is the first column. An edited csv
                               json``         changes nothing here
    scipy sparse matrix/array  ``K.npz``      a matrix (never an ``*_array``) of the same format; lil and dok as csr
    numpy array                ``K.npy``      an array of the same dtype and shape; arrays of objects are refused
    what JSON can hold         ``K.json``     the same, but tuples as lists, numpy scalars as Python numbers
    any other dictionary       ``K.zip``      a dictionary by the same rules
    ========================== ============== =======================================================================

    Keys come back as strings in the order they had. They must be file names that are safe on every system, and differ
    in more than upper and lower case. A ``K.csv`` without its hidden member is read as a plain csv.

    A file is written under a temporary name and renamed over the old one: a crash leaves the old file or the new one,
    and threads and processes that save or load the same name never meet half a file. Loading writes nothing. Data
    frames of the host framework (``K.h5``) hold pickles, and are refused.

    Parameters
    ----------
    folder_path : str or os.PathLike
        The folder of the archives, made when the first one is saved; a slash at its end makes no difference. It must
        not contain ``/../``.
    verbose : bool, default True
        Whether to say, once, that keys were converted to strings.
    max_load_bytes : int >= 1, optional
        The memory that the values of one archive may take, at most, so that a small hostile file cannot fill all of
        it: the bytes of arrays, and for JSON and frames an estimate, mostly 1.5 to 3 times what they really take. None
        is 160 MiB or 80 times the size of the file, the larger of the two.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong type or out of range.

    Examples
    --------
    >>> import tempfile
    >>> folder = tempfile.TemporaryDirectory()
    >>> data_io = DataIO(folder.name)
    >>> data_io.save_data("model", {"epochs": 3, "regularisation": {"user": 0.1}})
    >>> data_io.load_data("model")
    {'epochs': 3, 'regularisation': {'user': 0.1}}
    >>> folder.cleanup()
    """

    def __init__(
        self, folder_path: str | os.PathLike[str], *, verbose: bool = True, max_load_bytes: int | None = None
    ) -> None:
        self._archives = ArchiveFolder(folder_path, verbose=verbose, max_load_bytes=max_load_bytes)

    def save_data(self, file_name: str, data_dict_to_save: dict[Any, Any]) -> None:
        """Write the dictionary as one archive, replacing an older one of that name.

        Parameters
        ----------
        file_name : str
            ``.zip`` is appended if missing.
        data_dict_to_save : dict
            Values as in the table above.

        Raises
        ------
        TypeError
            If a value cannot be saved exactly; the error has its key and type.
        ValueError
            If a key is not a safe file name, if two keys are the same as strings or except for upper and lower case, or
            if `file_name` leads out of the folder. Nothing has been written then.
        OSError
            If the file cannot be written; an older one is untouched.
        """
        self._archives.save(file_name, data_dict_to_save, argument="data_dict_to_save")

    def load_data(self, file_name: str) -> dict[str, Any]:
        """Read an archive.

        Parameters
        ----------
        file_name : str
            ``.zip`` is appended if missing.

        Returns
        -------
        dict
            In the order of the members of the archive.

        Raises
        ------
        FileNotFoundError
            If there is no such file; the error has its path.
        ValueError
            If the file is truncated, damaged, not such an archive or too large in memory, if it holds a data frame in
            HDF5, if it is a pipe or a device, or if `file_name` leads out of the folder. The error has the file and the
            member.
        """
        return self._archives.load(file_name)
