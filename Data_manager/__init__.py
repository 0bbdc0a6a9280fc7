"""The readers of the data sets. Each is imported when it is first asked for, so importing this package does no work."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from Data_manager.interactions_reader import InteractionsReader as InteractionsReader
    from Data_manager.Movielens.Movielens1MReader import Movielens1MReader as Movielens1MReader
    from Data_manager.Movielens.Movielens10MReader import Movielens10MReader as Movielens10MReader
    from Data_manager.Movielens.Movielens20MReader import Movielens20MReader as Movielens20MReader
    from Data_manager.Movielens.Movielens25MReader import Movielens25MReader as Movielens25MReader
    from Data_manager.Movielens.Movielens32MReader import Movielens32MReader as Movielens32MReader
    from Data_manager.Movielens.Movielens100KReader import Movielens100KReader as Movielens100KReader
    from Data_manager.Movielens.MovielensHetrec2011Reader import MovielensHetrec2011Reader as MovielensHetrec2011Reader
    from Data_manager.Movielens.MovielensLatestReader import MovielensLatestReader as MovielensLatestReader
    from Data_manager.Movielens.MovielensLatestSmallReader import (
        MovielensLatestSmallReader as MovielensLatestSmallReader,
    )
    from Data_manager.synthetic_reader import SyntheticReader as SyntheticReader

# The one table of readers: the module of each, and the name of its data set for `reader_list` and the command line.
READER_TABLE = {
    "InteractionsReader": ("interactions_reader", None),
    "SyntheticReader": ("synthetic_reader", "synthetic"),
    "Movielens100KReader": ("Movielens.Movielens100KReader", "ml-100k"),
    "Movielens1MReader": ("Movielens.Movielens1MReader", "ml-1m"),
    "Movielens10MReader": ("Movielens.Movielens10MReader", "ml-10m"),
    "Movielens20MReader": ("Movielens.Movielens20MReader", "ml-20m"),
    "Movielens25MReader": ("Movielens.Movielens25MReader", "ml-25m"),
    "Movielens32MReader": ("Movielens.Movielens32MReader", "ml-32m"),
    "MovielensLatestSmallReader": ("Movielens.MovielensLatestSmallReader", "ml-latest-small"),
    "MovielensLatestReader": ("Movielens.MovielensLatestReader", "ml-latest"),
    "MovielensHetrec2011Reader": ("Movielens.MovielensHetrec2011Reader", "hetrec2011"),
}

__all__ = [*READER_TABLE]


def __getattr__(name: str) -> Any:
    if name not in READER_TABLE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module, _ = READER_TABLE[name]
    return getattr(import_module(f"{__name__}.{module}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *READER_TABLE})
