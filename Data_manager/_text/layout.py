"""How a delimited text file is laid out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from Data_manager._text.lines import shown

if TYPE_CHECKING:
    import pyarrow as pa

Field = tuple[str, str]  # name and kind

# an id is never so long: text that looks like a longer one has swallowed lines, or is not text at all
MAX_KEY_BYTES = 2**16


@dataclass(frozen=True)
class TextTable:
    """The layout of a delimited text file.

    Parameters
    ----------
    separator : str
        One character, or "::".
    columns : mapping of str to str
        Name and kind of the columns to read: "int", "id" (an integer >= 0), "float" (finite), "text" (may be empty),
        "key" (text, never empty), "label" (a key with few distinct values), "seconds" (a float), "time" and "time with
        zone" (ISO 8601). "skip" stands for a column that is not read. One column of a file without a header may be
        "free": text in which the separator may occur.
    header : bool, default False
        Whether the first line has the names.
    quoted : bool, default False
        Whether fields may stand in double quotes, with separators and line ends inside.
    encoding : str, default "utf-8"
    fields : tuple of (name, kind), optional
        All fields of a line in their order. Default: those that the header names, or without a header `columns`.
    """

    separator: str
    columns: Mapping[str, str]
    header: bool = False
    quoted: bool = False
    encoding: str = "utf-8"
    fields: tuple[Field, ...] | None = None

    @property
    def n_lines_before(self) -> int:
        """How many lines stand before the first row."""
        return int(self.header)


def fields_of_names(names: Sequence[str], columns: Mapping[str, str], where: str, header: str) -> tuple[Field, ...]:
    """Return the fields of these names; those that `columns` lacks are "skip", and each of its own must be there once.

    `where` and `header` are the file and its first line, for the error.
    """
    if any(names.count(name) != 1 for name in columns):
        raise ValueError(
            f"{where} must have in its first line, once each, the columns {', '.join(columns)}, got {shown(header)}"
        )
    return tuple((name, columns.get(name, "skip")) for name in names)


def arrow_types() -> dict[str, "pa.DataType"]:
    """Return the Arrow type of each kind that is read; "gap" is the empty field between the two colons of "::"."""
    import pyarrow as pa

    return {
        "int": pa.int64(),
        "id": pa.int64(),
        "float": pa.float64(),
        "seconds": pa.float64(),
        "text": pa.string(),
        "key": pa.string(),
        "label": pa.dictionary(pa.int32(), pa.string()),
        "time": pa.timestamp("us"),
        "time with zone": pa.timestamp("us", tz="UTC"),
        "gap": pa.null(),
    }
