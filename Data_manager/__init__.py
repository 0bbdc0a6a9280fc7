"""The readers of the data sets. Each is imported when it is first asked for, so importing this package does no work."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from Data_manager.interactions_reader import InteractionsReader
    from Data_manager.Movielens.Movielens1MReader import Movielens1MReader
    from Data_manager.Movielens.Movielens10MReader import Movielens10MReader
    from Data_manager.Movielens.Movielens20MReader import Movielens20MReader
    from Data_manager.Movielens.Movielens25MReader import Movielens25MReader
    from Data_manager.Movielens.Movielens32MReader import Movielens32MReader
    from Data_manager.Movielens.Movielens100KReader import Movielens100KReader
    from Data_manager.Movielens.MovielensHetrec2011Reader import MovielensHetrec2011Reader
    from Data_manager.Movielens.MovielensLatestReader import MovielensLatestReader
    from Data_manager.Movielens.MovielensLatestSmallReader import MovielensLatestSmallReader
    from Data_manager.synthetic_reader import SyntheticReader

_MODULE_OF = {
    "InteractionsReader": "interactions_reader",
    "Movielens1MReader": "Movielens.Movielens1MReader",
    "Movielens10MReader": "Movielens.Movielens10MReader",
    "Movielens20MReader": "Movielens.Movielens20MReader",
    "Movielens25MReader": "Movielens.Movielens25MReader",
    "Movielens32MReader": "Movielens.Movielens32MReader",
    "Movielens100KReader": "Movielens.Movielens100KReader",
    "MovielensHetrec2011Reader": "Movielens.MovielensHetrec2011Reader",
    "MovielensLatestReader": "Movielens.MovielensLatestReader",
    "MovielensLatestSmallReader": "Movielens.MovielensLatestSmallReader",
    "SyntheticReader": "synthetic_reader",
}

__all__ = [
    "InteractionsReader",
    "Movielens1MReader",
    "Movielens10MReader",
    "Movielens20MReader",
    "Movielens25MReader",
    "Movielens32MReader",
    "Movielens100KReader",
    "MovielensHetrec2011Reader",
    "MovielensLatestReader",
    "MovielensLatestSmallReader",
    "SyntheticReader",
]


def __getattr__(name: str) -> Any:
    if name not in _MODULE_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_MODULE_OF[name]}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *_MODULE_OF})
