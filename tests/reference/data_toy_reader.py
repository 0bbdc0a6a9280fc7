"""A reader of the toy data set, which counts how often it reads."""

from pathlib import Path
from typing import Any, ClassVar

from Data_manager.DataReader import DataReader
from Data_manager.Dataset import Dataset
from tests.reference.data_toy import toy


class ToyReader(DataReader):
    """Quiet; keeps nothing unless it is told to."""

    AVAILABLE_URM: ClassVar[list[str]] = ["URM_all", "URM_timestamp"]
    AVAILABLE_ICM: ClassVar[list[str]] = ["ICM_genres", "ICM_year"]
    AVAILABLE_UCM: ClassVar[list[str]] = ["UCM_all"]
    DATASET_SUBFOLDER = "Toy/"
    KEEPS_DATASET = False

    def __init__(
        self,
        *,
        keeps: bool = False,
        changes: dict[str, Any] | None = None,
        sources: tuple[Path, ...] = (),
        colour: str = "blue",
        **arguments: Any,
    ) -> None:
        super().__init__(**{"verbose": False, **arguments})
        vars(self).update(KEEPS_DATASET=keeps)
        self.changes = changes or {}
        self.sources = sources
        self.colour = colour
        self.n_reads = 0

    def _load_from_original_file(self) -> Dataset:
        self.n_reads += 1
        return toy(**self.changes)

    def _source_files(self) -> list[Path]:
        return list(self.sources)

    def _reader_options(self) -> dict[str, Any]:
        return {"colour": self.colour}
