"""The base of the post-processings of a data set: readers around another reader."""

import copy
import os
from pathlib import Path
from typing import Any

from Data_manager.DataReader import DataReader
from Data_manager.Dataset import Dataset


class DataPostprocessing(DataReader):
    """A reader that gives another reader's data set, changed; made to be nested in any order.

    A subclass defines `_process`, `_subfolder` and `_options`, and sets what they use before this constructor.
    The name of the data set, the data folder, what is reloaded, printed and cached, and the names of the matrices are
    the wrapped reader's. The cache lies beside the wrapped reader's ``original/`` in ``<subfolder>/``, with the wrapped
    post-processing's subfolder below it, if there is one.

    Parameters
    ----------
    dataReader_object : DataReader
        The reader to wrap, which may be a post-processing itself. It is not changed.

    Raises
    ------
    TypeError
        If it is not a DataReader.
    """

    def __init__(self, dataReader_object: DataReader) -> None:
        if not isinstance(dataReader_object, DataReader):
            raise TypeError(f"dataReader_object must be a DataReader, got {dataReader_object!r}")
        self.dataReader_object = dataReader_object
        self._inner_save_folder: bool | None = None
        inner = dataReader_object.DATASET_SUBFOLDER_ORIGINAL
        # class attributes of other readers, here those of the wrapped one
        vars(self).update(
            AVAILABLE_URM=list(dataReader_object.AVAILABLE_URM),
            AVAILABLE_ICM=list(dataReader_object.AVAILABLE_ICM),
            AVAILABLE_UCM=list(dataReader_object.AVAILABLE_UCM),
            IS_IMPLICIT=dataReader_object.IS_IMPLICIT,
            KEEPS_DATASET=dataReader_object.KEEPS_DATASET,
            DATASET_SUBFOLDER=dataReader_object.DATASET_SUBFOLDER,
            DATASET_SUBFOLDER_ORIGINAL=self._subfolder()
            + ("" if inner == DataReader.DATASET_SUBFOLDER_ORIGINAL else inner),
        )
        super().__init__(data_folder=dataReader_object.data_folder, verbose=dataReader_object.verbose)
        # not through the constructor, which would say again what the wrapped reader has said
        self.reload_from_original_data = dataReader_object.reload_from_original_data

    def get_dataset_name(self) -> str:
        """Return the name of the wrapped reader's data set."""
        return self.dataReader_object.get_dataset_name()

    def get_loaded_ICM_names(self) -> list[str]:
        """Return the names of the item-feature matrices that the wrapped reader provides."""
        return self.dataReader_object.get_loaded_ICM_names()

    def get_loaded_UCM_names(self) -> list[str]:
        """Return the names of the user-feature matrices that the wrapped reader provides."""
        return self.dataReader_object.get_loaded_UCM_names()

    def load_data(self, save_folder_path: str | os.PathLike[str] | bool | None = None) -> Dataset:
        """Load the processed data set from its cache, or process the wrapped reader's.

        Parameters
        ----------
        save_folder_path : str, path, None or False, default None
            The folder of the cache; None: ``<data folder>/<data set>/<subfolder>/``; False: neither this reader nor the
            wrapped one reads or writes a cache. The wrapped reader otherwise has its default folder.

        Returns
        -------
        Dataset
            Verified.

        Raises
        ------
        ValueError
            As the wrapped reader, or if the processing leaves nothing.
        """
        self._inner_save_folder = False if save_folder_path is False else None
        return super().load_data(save_folder_path)

    def _load_from_original_file(self) -> Dataset:
        dataset = self.dataReader_object.load_data(self._inner_save_folder)
        # a shallow copy: the wrapped reader may return the same object again
        return self._process(copy.copy(dataset))

    def _process(self, dataset: Dataset) -> Dataset:
        """Process a data set; each post-processing defines this.

        The given object may get other content, as by `_remove_items_and_users`, and be returned; its matrices and
        mappers are the wrapped reader's, and are not changed in place.
        """
        raise NotImplementedError(f"{type(self).__name__} must define _process")

    def _subfolder(self) -> str:
        """Return the folder, with its slash, for this processing with these arguments alone."""
        raise NotImplementedError(f"{type(self).__name__} must define _subfolder")

    def _options(self) -> dict[str, Any]:
        """Return the arguments that the result depends on, of types that JSON knows."""
        raise NotImplementedError(f"{type(self).__name__} must define _options")

    def _source_files(self) -> list[Path]:
        """Return the files that the wrapped reader reads."""
        return self.dataReader_object._source_files()

    def _reader_options(self) -> dict[str, Any]:
        """Return the arguments here and, as "of", the wrapped reader's options."""
        reader = self.dataReader_object
        return {**self._options(), "of": {"reader": type(reader).__name__, **reader._reader_options()}}
