"""Reading members in place, and zips that were made to do harm or have lost something."""

import io
import random
import stat
import struct
import zipfile
import zlib
from pathlib import Path

import pytest

import Data_manager._sources.zip_members as zip_members_module
from Data_manager._sources.zip_members import ZipError, check_complete_zip, open_zip

MEMBER = "ml-tiny/ratings.csv"
CONTENT = b"".join(b"%d,%d,3.5,%d\n" % (user, item, user * item) for user in range(1, 40) for item in range(1, 40))

# where the fields stand in a member's local header and in its entry of the central directory
LOCAL = {"flags": 6, "method": 8, "checksum": 14, "n_compressed": 18, "n_bytes": 22, "name": 30}
CENTRAL = {"flags": 8, "method": 10, "checksum": 16, "n_compressed": 20, "n_bytes": 24, "name": 46}


def make(path: Path, names: tuple[str, ...] = (MEMBER,), method: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(path, "w", method) as archive:
        for name in names:
            archive.writestr(name, CONTENT)
    return path


def patch(path: Path, places: dict[str, int], signature: bytes, **fields: bytes) -> None:
    """Overwrite fields of the first member."""
    content = bytearray(path.read_bytes())
    start = content.index(signature)
    for name, value in fields.items():
        content[start + places[name] : start + places[name] + len(value)] = value
    path.write_bytes(content)


def patch_both(path: Path, **fields: bytes) -> Path:
    """Overwrite fields of the first member in both places where a zip has them."""
    patch(path, LOCAL, b"PK\x03\x04", **fields)
    patch(path, CENTRAL, b"PK\x01\x02", **fields)
    return path


def read(path: Path, member: str = MEMBER, n_bytes: int = -1) -> bytes:
    """The member, in reads of `n_bytes`."""
    with open_zip(path, [member]) as archive, archive.open(member) as stream:
        if n_bytes < 0:
            return stream.read()
        return b"".join(iter(lambda: stream.read(n_bytes), b""))


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
@pytest.mark.parametrize("n_bytes", [-1, 1, 1000, 2**20])
def test_member_is_read_in_pieces_of_any_size(method: int, n_bytes: int, tmp_path: Path) -> None:
    assert read(make(tmp_path / "a.zip", method=method), n_bytes=n_bytes) == CONTENT


def test_stream_is_a_file_to_those_who_read_text(tmp_path: Path) -> None:
    with open_zip(make(tmp_path / "a.zip"), [MEMBER]) as archive, archive.open(MEMBER) as stream:
        assert list(io.TextIOWrapper(stream, encoding="utf-8")) == CONTENT.decode().splitlines(keepends=True)


def test_byte_order_mark_is_no_part_of_the_text(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    for content in (b"\xef\xbb\xbf", b"\xef\xbb\xbf7::50", b"\xef\xbb7", b"7", b""):
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr(MEMBER, content)
        for n_bytes in (-1, 1, 2):
            assert read(path, n_bytes=n_bytes) == content.removeprefix(b"\xef\xbb\xbf")


def test_members_of_a_zip_can_be_open_at_once_and_again(tmp_path: Path) -> None:
    with open_zip(make(tmp_path / "a.zip", ("a", "b")), ["a", "b"]) as archive:
        with archive.open("a") as first, archive.open("b") as second:
            assert first.read(10) + second.read() + first.read() == CONTENT[:10] + CONTENT + CONTENT[10:]
        with archive.open("a") as again:
            assert again.read() == CONTENT


@pytest.mark.parametrize(
    "name",
    [
        *(
            "/etc/passwd",
            "../ratings.csv",
            "ml-tiny/../../ratings.csv",
            "ml-tiny/..",
            "C:/ratings.csv",
            "c:ratings.csv",
        ),
        *("ml-tiny\\ratings.csv", "..\\ratings.csv", "\\\\server\\share\\ratings.csv", "a\nb", "ml-tiny/a\x00.csv"),
    ],
)
def test_name_that_leads_out_of_the_folder_is_refused(name: str, tmp_path: Path) -> None:
    placeholder = "x" * len(name)  # since zipfile writes some of these names otherwise
    path = patch_both(make(tmp_path / "a.zip", (placeholder, MEMBER)), name=name.encode())
    with pytest.raises(ZipError, match=r"must have a path inside the zip") as caught:
        read(path)
    assert f"'{path}' is refused: its member {name!r}" in str(caught.value)
    with pytest.raises(ZipError, match=r"must have a path inside the zip"):
        check_complete_zip(path)


@pytest.mark.parametrize("name", ["a..b", "..a/b", "a/...", "ab:c", "ml-tiny/", "été", "a b"])
def test_unusual_name_inside_the_folder_is_none_of_our_business(name: str, tmp_path: Path) -> None:
    assert read(make(tmp_path / "a.zip", (name, MEMBER))) == CONTENT


def test_link_among_the_members_is_bytes_like_any_other(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    link = zipfile.ZipInfo(MEMBER)
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(link, "/etc/passwd")
    assert read(path) == b"/etc/passwd"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_two_members_of_one_name_are_refused(tmp_path: Path) -> None:
    path = make(tmp_path / "a.zip", (MEMBER, "other", MEMBER))
    with pytest.raises(ZipError, match=rf"it has two members of the name '{MEMBER}'"):
        read(path, "other")


def test_encrypted_member_is_refused_if_it_is_needed(tmp_path: Path) -> None:
    path = patch_both(make(tmp_path / "a.zip", (MEMBER, "other")), flags=b"\x01\x00")
    with pytest.raises(ZipError, match=rf"its member '{MEMBER}' must not be encrypted"):
        read(path)
    assert read(path, "other") == CONTENT


@pytest.mark.parametrize("method", [1, 9, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA, 93, 99])
def test_method_other_than_deflate_is_refused_with_its_number(method: int, tmp_path: Path) -> None:
    path = patch_both(make(tmp_path / "a.zip"), method=struct.pack("<H", method))
    with pytest.raises(ZipError, match=rf"'{MEMBER}' must be stored or compressed by deflate.*got method {method};"):
        read(path)


@pytest.mark.parametrize("n_declared", [1, len(CONTENT) - 1, len(CONTENT) + 1, 2 * len(CONTENT)])
@pytest.mark.parametrize("n_in_checksum", [0, 1])
@pytest.mark.parametrize("n_bytes", [-1, 1000])
@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_other_size_than_the_declared_one_is_refused(
    method: int, n_bytes: int, n_in_checksum: int, n_declared: int, tmp_path: Path
) -> None:
    """Even where the checksum is that of the part that is declared, or of the part that is read to find out."""
    path = patch_both(
        make(tmp_path / "a.zip", method=method),
        n_bytes=struct.pack("<I", n_declared),
        checksum=struct.pack("<I", zlib.crc32(CONTENT[: n_declared + n_in_checksum])),
    )
    with pytest.raises(ZipError, match=rf"Bad CRC-32|unpacks to (more|less) than the {n_declared} bytes") as caught:
        read(path, n_bytes=n_bytes)
    assert f"'{path}'" in str(caught.value)
    assert MEMBER in str(caught.value)


def test_wrong_checksum_is_refused(tmp_path: Path) -> None:
    path = patch_both(make(tmp_path / "a.zip"), checksum=b"abcd")
    with pytest.raises(ZipError, match="Bad CRC-32"):
        read(path, n_bytes=1000)


def test_bomb_is_refused_before_it_is_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bomb = tmp_path / "bomb.zip"
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive, archive.open(MEMBER, "w") as member:
        for _ in range(65):
            member.write(bytes(2**20))

    def unpack(*arguments: object) -> None:
        pytest.fail("it was unpacked")

    monkeypatch.setattr(zipfile.ZipFile, "open", unpack)
    with pytest.raises(ZipError, match=rf"'{MEMBER}' must unpack to at most 100 times its [0-9]+ compressed bytes"):
        read(bomb)
    with pytest.raises(ZipError, match="must unpack to at most 100 times"):
        check_complete_zip(bomb)


def test_bomb_that_declares_few_bytes_stops_where_it_declared_to(tmp_path: Path) -> None:
    path = tmp_path / "bomb.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(MEMBER, bytes(10 * 2**20))
    patch_both(path, n_bytes=struct.pack("<I", 1000))
    n_read = 0
    with pytest.raises(ZipError), open_zip(path, [MEMBER]) as archive, archive.open(MEMBER) as stream:
        while data := stream.read(100):
            n_read += len(data)
    assert n_read <= 1000


def test_small_member_may_be_one_line_many_times(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(MEMBER, bytes(2**20))
    assert read(path) == bytes(2**20)


def test_honest_ratings_are_far_below_the_ratio(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Every user with every item in order, at one time and with one rating: no file of people is as regular."""
    monkeypatch.setattr(zip_members_module, "ALWAYS_ALLOWED_BYTES", 0)
    monkeypatch.setattr(zip_members_module, "MAX_RATIO", 25)
    grid = b"".join(b"%d::%d::5::978300760\n" % (user, item) for user in range(1, 301) for item in range(1, 301))
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        archive.writestr(MEMBER, grid)
    assert read(path) == grid


def test_member_beyond_the_largest_size_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(zip_members_module, "MAX_MEMBER_BYTES", len(CONTENT))
    assert read(make(tmp_path / "a.zip")) == CONTENT
    monkeypatch.setattr(zip_members_module, "MAX_MEMBER_BYTES", len(CONTENT) - 1)
    with pytest.raises(ZipError, match=rf"must have at most {len(CONTENT) - 1} bytes, got {len(CONTENT)}"):
        read(tmp_path / "a.zip")


def test_any_damaged_byte_is_a_value_error_or_does_no_harm(tmp_path: Path) -> None:
    path = make(tmp_path / "a.zip")
    original = path.read_bytes()
    rng = random.Random(0)
    n_refused = 0
    for _ in range(400):
        content = bytearray(original)
        for _ in range(rng.choice([1, 1, 3])):
            content[rng.randrange(len(content))] = rng.randrange(256)
        path.write_bytes(content)
        try:
            assert read(path, n_bytes=1000) == CONTENT
        except ValueError as error:
            assert str(path) in str(error)
            n_refused += 1
    assert n_refused > 300


def test_complete_zip_passes_and_one_with_any_damaged_member_does_not(tmp_path: Path) -> None:
    path = make(tmp_path / "a.zip", ("first", MEMBER))
    check_complete_zip(path)
    content = path.read_bytes()
    place = content.index(b"PK\x01\x02") - 50  # near the end of the second member
    path.write_bytes(content[:place] + bytes(4) + content[place + 4 :])
    assert read(path, "first") == CONTENT
    with pytest.raises(ZipError, match=MEMBER) as caught:
        check_complete_zip(path)
    assert str(path) not in caught.value.detail
