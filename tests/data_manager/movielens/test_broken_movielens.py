"""MovieLens zips that are broken, each with the message that it must lead to: which line of which member."""

import re
from collections.abc import Callable
from typing import Any

import pytest

from Data_manager.reader_list import get_reader
from tests.data_manager.conftest import RATINGS_CSV, RATINGS_DAT, SMALL_BLOCK_BYTES, MakeZip
from tests.data_manager.text.broken_inputs import encrypted

Change = Callable[[bytes], bytes]
DAT, CSV = "ml-1m/ratings.dat", "ml-20m/ratings.csv"
MEMBER = "^FILE, member '%s', line %d is broken \\(%s"


def dat(line: str | bytes) -> dict[str, str | bytes | None]:
    return {DAT: RATINGS_DAT.encode() + (line.encode() if isinstance(line, str) else line)}


def csv(line: str) -> dict[str, str | bytes | None]:
    return {CSV: RATINGS_CSV + line}


# edition, its members that are others (None: missing), what is done to the zip's bytes, and the message
MOVIELENS: dict[str, tuple[str, dict[str, str | bytes | None], Change, str]] = {
    "not a zip": (
        "ml-1m",
        {},
        lambda b: b"<html>",
        r"^FILE is damaged or not a zip file \(.*; put a complete copy in its place",
    ),
    "empty file": ("ml-1m", {}, lambda b: b"", "^FILE is damaged or not a zip file"),
    "cut zip": ("ml-1m", {}, lambda b: b[: len(b) // 2], "^FILE is damaged or not a zip file"),
    "encrypted": ("ml-20m", {}, encrypted, "^FILE is refused: its member 'ml-20m/ratings.csv' must not be encrypted"),
    "bomb": ("ml-1m", {DAT: bytes(80 * 2**20)}, bytes, "^FILE is refused: .* must unpack to at most 100 times"),
    "way out": ("ml-1m", {"../x": ""}, bytes, r"^FILE is refused: its member '\.\./x' must have a path inside the zip"),
    "missing member": (
        "ml-1m",
        {DAT: None},
        bytes,
        r"^FILE lacks the member\(s\) ml-1m/ratings.dat; its members are: ml-1m/",
    ),
    "empty member": ("ml-1m", {DAT: ""}, bytes, f"^FILE, member '{DAT}' holds no interactions$"),
    "header only": (
        "ml-20m",
        {CSV: RATINGS_CSV[: RATINGS_CSV.index("\n") + 1]},
        bytes,
        f"^FILE, member '{CSV}' holds no interactions$",
    ),
    "other header": (
        "ml-20m",
        {CSV: "user,item\n1,2\n"},
        bytes,
        "^FILE, member .* must have in its first line, once each",
    ),
    "too few fields": (
        "ml-1m",
        dat("7::1::4\n"),
        bytes,
        MEMBER % (DAT, 6, r"4 fields expected, 3 found\): '7::1::4'$"),
    ),
    "too many fields": ("ml-1m", dat("7::1::4::5::6\n"), bytes, MEMBER % (DAT, 6, "4 fields expected, 5 found")),
    "another separator": ("ml-1m", dat("7:1:4:5\n"), bytes, MEMBER % (DAT, 6, "4 fields expected, 1 found")),
    "no number": (
        "ml-20m",
        csv("7,1,good,5\n"),
        bytes,
        MEMBER % (CSV, 7, r"rating is not a finite number\): '7,1,good,5'$"),
    ),
    "NaN": ("ml-1m", dat("7::1::nan::5\n"), bytes, MEMBER % (DAT, 6, "Rating is not a finite number")),
    "inf": ("ml-20m", csv("7,1,inf,5\n"), bytes, MEMBER % (CSV, 7, "rating is not a finite number")),
    "empty rating": ("ml-1m", dat("7::1::::5\n"), bytes, MEMBER % (DAT, 6, "Rating is not a finite number")),
    "decimal comma": (
        "ml-20m",
        csv('7,1,"4,5",5\n'),
        bytes,
        MEMBER % (CSV, 7, r"rating is not .*\(a decimal comma\?\)"),
    ),
    "no integer": ("ml-20m", csv("7,1.0,4,5\n"), bytes, MEMBER % (CSV, 7, "movieId is not an integer of 64 bits")),
    "negative id": ("ml-1m", dat("-7::1::4::5\n"), bytes, MEMBER % (DAT, 6, "UserID is negative")),
    "2^63": ("ml-20m", csv(f"{2**63},1,4,5\n"), bytes, MEMBER % (CSV, 7, "userId is not an integer of 64 bits")),
    "10^30": ("ml-1m", dat(f"7::{10**30}::4::5\n"), bytes, MEMBER % (DAT, 6, "ItemID is not an integer of 64 bits")),
    "5000 digits": (
        "ml-1m",
        dat(f"7::{'9' * 5000}::4::5\n"),
        bytes,
        MEMBER % (DAT, 6, "ItemID is not an integer of 64"),
    ),
    "gigantic line": (
        "ml-1m",
        dat("7" * (3 * SMALL_BLOCK_BYTES)),
        bytes,
        MEMBER % (DAT, 6, f"it is longer than {SMALL_BLOCK_BYTES} characters"),
    ),
    "zero bytes": ("ml-1m", dat("7::1::4::\0\0\n"), bytes, MEMBER % (DAT, 6, "Timestamp is not an integer of 64 bits")),
    "no text": (
        "ml-1m",
        dat(b"7::1::4::\xff\n"),
        bytes,
        MEMBER % (DAT, 6, "its bytes are not text in the file's encoding"),
    ),
    "UTF-16": ("ml-20m", {CSV: RATINGS_CSV.encode("utf-16")}, bytes, "^FILE, member .* must have in its first line"),
    "open quote": (
        "ml-20m",
        csv('7,1,4,"5\n'),
        bytes,
        MEMBER % (CSV, 7, "unexpected end of data; quotes must enclose a"),
    ),
    "repeated pair": ("ml-1m", dat("7::50::1::5\n"), bytes, "^FILE, .* got 1 more, the first for user 7 and item 50$"),
    "rating of 0": (
        "ml-1m",
        dat("7::1::0::5\n"),
        bytes,
        "^FILE, member .* must not have ratings of 0. Left out 1",
    ),
}


@pytest.mark.parametrize(("edition", "members", "change", "message"), MOVIELENS.values(), ids=list(MOVIELENS))
def test_broken_movielens_zip_is_refused_with_the_place_and_what_is_allowed(
    edition: str, members: dict[str, Any], change: Change, message: str, make_zip: MakeZip, small_blocks: None
) -> None:
    path = make_zip(edition, members)
    path.write_bytes(change(path.read_bytes()))
    with pytest.raises(ValueError, match=message.replace("FILE", re.escape(f"'{path}'"))) as caught:
        get_reader(edition, path.parent, verbose=False).load_data(save_folder_path=False)
    assert len(str(caught.value)) < 1_000
