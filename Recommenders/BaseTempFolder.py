"""A mix-in for recommenders that write files while they train."""

import os
import shutil
from pathlib import Path

from Recommenders.Recommender_utils import get_unique_temp_folder
from recsys_common.messages import warn


class BaseTempFolder:
    """A mix-in that makes and deletes temporary folders, below the current folder unless the user names another.

    Attributes
    ----------
    DEFAULT_TEMP_FILE_FOLDER : str
        ``./result_experiments/__Temp_<RECOMMENDER_NAME>_<process id>/``
    """

    RECOMMENDER_NAME: str

    def __init__(self) -> None:
        super().__init__()
        self.DEFAULT_TEMP_FILE_FOLDER = f"./result_experiments/__Temp_{self.RECOMMENDER_NAME}_{os.getpid()}/"
        self._default_temp_folders: set[str] = set()

    def _get_unique_temp_folder(self, input_temp_file_folder: str | None = None) -> str:
        """Make a folder with a number after its name if it exists, and return its path with a trailing slash.

        None or an empty string is DEFAULT_TEMP_FILE_FOLDER.
        """
        if input_temp_file_folder:
            return get_unique_temp_folder(input_temp_file_folder)
        folder = get_unique_temp_folder(self.DEFAULT_TEMP_FILE_FOLDER)
        self._default_temp_folders.add(folder)
        return folder

    def _clean_temp_folder(self, temp_file_folder: str) -> None:
        """Delete the folder and all its files, unless the user named it.

        It ends a training, so a file that another program has open is a warning, not an error.
        """
        if temp_file_folder in self._default_temp_folders and Path(temp_file_folder).is_dir():
            self._default_temp_folders.discard(temp_file_folder)
            try:
                shutil.rmtree(temp_file_folder)
            except OSError as error:
                warn(f"the temporary folder '{temp_file_folder}' cannot be deleted: {error}", stacklevel=2)
