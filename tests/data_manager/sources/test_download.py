"""Finding a data set's zip, and downloading it from a server on the loopback that misbehaves."""

import hashlib
import io
import os
import signal
import subprocess
import sys
import threading
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

import Data_manager._sources.download as download_module
from Data_manager._sources.download import (
    RemoteFile,
    addresses_of,
    download,
    find_local,
    places_of,
    tell_of_another_hash,
)
from Data_manager.DataReader_utils import download_from_URL
from Data_manager.Movielens._movielens import MovielensReader
from Data_manager.reader_list import READERS
from tests.data_manager.conftest import FileServer

BODY = b"the content of a zip" * 1000
BODY_MD5 = hashlib.md5(BODY).hexdigest()
PAGE = b"<!DOCTYPE html><html><body>The data sets have moved.</body></html>"


def zip_bytes() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("ml-tiny/", "")
        archive.writestr("ml-tiny/ratings.csv", "userId,movieId,rating,timestamp\n" + "1,2,3.0,4\n" * 500)
    return buffer.getvalue()


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(download_module, "N_RETRIES", 0)
    monkeypatch.setattr(download_module, "RETRY_PAUSE_SECONDS", 0.0)
    monkeypatch.setattr(download_module, "READ_TIMEOUT_SECONDS", 0.2)
    monkeypatch.delenv("RECSYS_DATA_MIRROR", raising=False)


def remote_of(server: FileServer, body: bytes = BODY) -> RemoteFile:
    server.body = body
    return RemoteFile(f"{server.url}/sets/tiny.zip", BODY_MD5)


def changing_remote_of(server: FileServer, body: bytes) -> RemoteFile:
    """A file of which no hash is recorded."""
    server.body = body
    return RemoteFile(f"{server.url}/sets/tiny.zip", None)


def ignore(message: str) -> None:
    pass


def fetch(remote: RemoteFile, folder: Path, verbose: bool = False, notify: Callable[[str], None] = ignore) -> Path:
    by_hand = places_of(remote.file_name, folder, "Tiny/")
    return download(remote, folder, by_hand, verbose=verbose, notify=notify)


def test_download_gives_the_file_and_leaves_nothing_else(file_server: FileServer, tmp_path: Path) -> None:
    path = fetch(remote_of(file_server), tmp_path)
    assert path == tmp_path / "tiny.zip"
    assert path.read_bytes() == BODY
    assert list(tmp_path.iterdir()) == [path]
    assert file_server.requests == ["/sets/tiny.zip"]


def test_failed_attempt_is_repeated_and_told(
    file_server: FileServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(download_module, "N_RETRIES", 1)
    file_server.n_failures = 1
    told: list[str] = []
    assert fetch(remote_of(file_server), tmp_path, notify=told.append).read_bytes() == BODY
    assert len(file_server.requests) == 2
    assert told[:2] == [f"Downloading: {file_server.url}/sets/tiny.zip", f"In folder: {tmp_path}"]
    assert "503" in told[2]
    assert len(told) == 3


@pytest.mark.parametrize(("status", "n_requests"), [(404, 1), (403, 1), (408, 3), (429, 3), (500, 3), (503, 3)])
def test_only_a_failure_that_may_pass_is_repeated(
    status: int, n_requests: int, file_server: FileServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(download_module, "N_RETRIES", 2)
    file_server.statuses = {"/sets/tiny.zip": status}
    with pytest.raises(ConnectionError, match=rf"{status}.*\(attempts: {n_requests}\)"):
        fetch(remote_of(file_server), tmp_path)
    assert len(file_server.requests) == n_requests


def test_pause_between_attempts_grows(file_server: FileServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pauses: list[float] = []
    monkeypatch.setattr(download_module, "N_RETRIES", 2)
    monkeypatch.setattr(download_module, "RETRY_PAUSE_SECONDS", 7.0)
    monkeypatch.setattr(download_module.time, "sleep", pauses.append)
    with pytest.raises(ConnectionError):
        fetch(remote_of(file_server, b"something else"), tmp_path)
    assert pauses == [7.0, 14.0]


def _other_content(server: FileServer) -> RemoteFile:
    return remote_of(server, b"something else")


def _server_error(server: FileServer) -> RemoteFile:
    server.n_failures = 9
    return remote_of(server)


def _not_there(server: FileServer) -> RemoteFile:
    server.statuses = {"/sets/tiny.zip": 404}
    return remote_of(server)


def _cut_short(server: FileServer) -> RemoteFile:
    server.claimed_length = 2 * len(BODY)
    return remote_of(server)


def _nobody_listens(server: FileServer) -> RemoteFile:
    return RemoteFile("http://127.0.0.1:9/sets/tiny.zip", "0" * 32)


def _no_answer(server: FileServer) -> RemoteFile:
    server.hangs = True
    return remote_of(server)


def _stalls(server: FileServer) -> RemoteFile:
    server.n_bytes_before_stalling = 1000
    return remote_of(server)


def _endless_redirects(server: FileServer) -> RemoteFile:
    server.redirects = {"/sets/tiny.zip": "/sets/tiny.zip"}
    return remote_of(server)


def _page_where_a_zip_should_be(server: FileServer) -> RemoteFile:
    return changing_remote_of(server, PAGE)


def _empty_zip(server: FileServer) -> RemoteFile:
    return changing_remote_of(server, b"PK\x05\x06" + bytes(18))


def _damaged_zip(server: FileServer) -> RemoteFile:
    return changing_remote_of(server, zip_bytes().replace(b"1,2,3.0,4", b"1,2,3.5,4", 1))


def _cut_zip(server: FileServer) -> RemoteFile:
    return changing_remote_of(server, zip_bytes()[:-1])


def _zip_that_leaves_its_folder(server: FileServer) -> RemoteFile:
    return changing_remote_of(server, zip_bytes().replace(b"ml-tiny/r", b"../tiny/r"))


MISBEHAVIOURS = [
    (_other_content, r"hash .* begin with b'something else'"),
    (_server_error, "503"),
    (_not_there, "404"),
    (_cut_short, "."),
    (_nobody_listens, "refused"),
    (_no_answer, "timed out"),
    (_stalls, "timed out"),
    (_endless_redirects, "redirects"),
    (_page_where_a_zip_should_be, r"File is not a zip file; 66 bytes that begin with b'<!DOCTYPE html><"),
    (_empty_zip, "it has no members"),
    (_damaged_zip, "Bad CRC-32 for file 'ml-tiny/ratings.csv'"),
    (_cut_zip, "must be a zip that can be read to its end"),
    (_zip_that_leaves_its_folder, "must have a path inside the zip"),
]


@pytest.mark.parametrize(("prepare", "reason"), MISBEHAVIOURS)
def test_failure_names_address_reason_and_places_and_leaves_no_file(
    prepare: Callable[[FileServer], RemoteFile], reason: str, file_server: FileServer, tmp_path: Path
) -> None:
    remote = prepare(file_server)
    with pytest.raises(ConnectionError, match=reason) as caught:
        fetch(remote, tmp_path)
    message = str(caught.value)
    assert remote.url in message
    assert str(tmp_path / "Tiny" / "tiny.zip") in message
    assert str(tmp_path / "tiny.zip") in message
    assert "data_folder" in message
    assert "RECSYS_DATA_FOLDER" in message
    assert "temp" not in message.replace("attempts", ""), "the temporary name is of no use to the user"
    assert list(tmp_path.iterdir()) == []


def test_redirect_is_followed(file_server: FileServer, tmp_path: Path) -> None:
    file_server.redirects = {"/sets/tiny.zip": "/moved/other_name.zip"}
    assert fetch(remote_of(file_server), tmp_path) == tmp_path / "tiny.zip"
    assert file_server.requests == ["/sets/tiny.zip", "/moved/other_name.zip"]


def test_certificate_is_verified(
    bad_certificate_server: FileServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(download_module, "N_RETRIES", 2)
    with pytest.raises(ConnectionError, match=r"certificate is not valid.*\(attempts: 1\)") as caught:
        fetch(remote_of(bad_certificate_server), tmp_path)
    assert bad_certificate_server.url in str(caught.value)
    assert bad_certificate_server.requests == []


@pytest.mark.parametrize("broken", ["missing", "other"])
def test_next_mirror_is_tried_after_a_broken_one(broken: str, file_server: FileServer, tmp_path: Path) -> None:
    file_server.body = BODY
    file_server.bodies = {"/other/tiny.zip": b"other"}
    file_server.statuses = {"/missing/tiny.zip": 404}
    url = file_server.url
    mirrors = (f"{url}/a/tiny.zip", f"{url}/b/tiny.zip")
    path = fetch(RemoteFile(f"{url}/{broken}/tiny.zip", BODY_MD5, mirrors), tmp_path)
    assert path.read_bytes() == BODY
    assert [request.split("/")[1] for request in file_server.requests] == [broken, "a"]


def test_every_address_is_listed_with_its_reason(file_server: FileServer, tmp_path: Path) -> None:
    file_server.body = b"other"
    file_server.statuses = {"/a/tiny.zip": 404}
    url = file_server.url
    with pytest.raises(ConnectionError) as caught:
        fetch(RemoteFile(f"{url}/a/tiny.zip", BODY_MD5, (f"{url}/b/tiny.zip", "http://127.0.0.1:9/tiny.zip")), tmp_path)
    lines = str(caught.value).splitlines()
    for address, reason in ((f"{url}/a/", "404"), (f"{url}/b/", "MD5"), ("http://127.0.0.1:9/", "refused")):
        assert any(line.strip().startswith(f"{address}tiny.zip: ") and reason in line for line in lines)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("slash", ["", "/"])
def test_users_own_mirror_comes_first_and_must_give_the_same_content(
    slash: str, file_server: FileServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    remote = remote_of(file_server)
    monkeypatch.setenv("RECSYS_DATA_MIRROR", f"{file_server.url}/own{slash}")
    assert fetch(remote, tmp_path).read_bytes() == BODY
    assert file_server.requests == ["/own/tiny.zip"]
    file_server.bodies = {"/own/tiny.zip": b"other"}
    (tmp_path / "tiny.zip").unlink()
    assert fetch(remote, tmp_path).read_bytes() == BODY
    assert file_server.requests[1:] == ["/own/tiny.zip", "/sets/tiny.zip"]


@pytest.mark.parametrize("value", ["ftp://host/sets", "/a/folder", "host/sets", " "])
def test_mirror_that_is_no_address_is_refused_before_any_request(
    value: str, file_server: FileServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RECSYS_DATA_MIRROR", value)
    with pytest.raises(ValueError, match="RECSYS_DATA_MIRROR must be an address that begins with https://"):
        fetch(remote_of(file_server), tmp_path)
    assert file_server.requests == []


def test_address_without_a_server_is_tried_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(download_module, "N_RETRIES", 2)
    with pytest.raises(ConnectionError, match=r"InvalidURL.*\(attempts: 1\)"):
        fetch(RemoteFile("http:///tiny.zip", BODY_MD5), tmp_path)


def test_an_address_is_tried_once_however_often_it_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RECSYS_DATA_MIRROR", "https://host/sets")
    remote = RemoteFile("https://host/sets/tiny.zip", None, ("https://b/x.zip", "https://b/x.zip"))
    assert addresses_of(remote) == ["https://host/sets/tiny.zip", "https://b/x.zip"]


def test_file_without_a_recorded_hash_is_taken_when_it_is_a_complete_zip(
    file_server: FileServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    remote = changing_remote_of(file_server, zip_bytes())
    assert fetch(remote, tmp_path).read_bytes() == zip_bytes()
    assert list(tmp_path.iterdir()) == [tmp_path / "tiny.zip"]
    told: list[str] = []
    tell_of_another_hash(remote, tmp_path / "tiny.zip", told.append)
    assert told == []


def test_page_with_status_200_is_refused_and_the_attempt_repeated(
    file_server: FileServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(download_module, "N_RETRIES", 2)
    with pytest.raises(ConnectionError, match=r"\(attempts: 3\)"):
        fetch(changing_remote_of(file_server, PAGE), tmp_path)
    assert len(file_server.requests) == 3


def test_quiet_download_prints_nothing_and_other_one_shows_progress(
    file_server: FileServer, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "quiet").mkdir()
    fetch(remote_of(file_server), tmp_path / "quiet")
    assert capfd.readouterr() == ("", "")
    fetch(remote_of(file_server), tmp_path, verbose=True)
    assert "100%" in capfd.readouterr().err


def test_every_attempt_has_a_bar_of_its_own(capsys: pytest.CaptureFixture[str]) -> None:
    bar = download_module._ByteBar()
    for total in (400, 800):
        bar.total = total
        bar.update(200)
    bar.reset()
    bar.update(800)
    bar.close()
    lines = capsys.readouterr().err.rstrip("\n").split("\n")
    assert len(lines) == 2 and " 50%" in lines[0] and "200/400" in lines[0] and "800/800" in lines[1]


def test_a_download_outlives_its_messages(
    file_server: FileServer, tmp_path: Path, break_console: Callable[[], None]
) -> None:
    break_console()
    assert fetch(remote_of(file_server), tmp_path, verbose=True).read_bytes() == BODY
    downloaded = download_from_URL(f"{file_server.url}/sets/tiny.zip", tmp_path, "other.zip")
    assert downloaded.read_bytes() == BODY


def test_downloads_at_once_all_give_the_file(file_server: FileServer, tmp_path: Path) -> None:
    remote = remote_of(file_server)
    paths: list[Path] = []
    threads = [threading.Thread(target=lambda: paths.append(fetch(remote, tmp_path))) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert paths == [tmp_path / "tiny.zip"] * 6
    assert list(tmp_path.iterdir()) == [tmp_path / "tiny.zip"]
    assert (tmp_path / "tiny.zip").read_bytes() == BODY


def test_file_that_another_process_put_in_place_and_reads_is_used(
    file_server: FileServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on Windows, where a file that is being read cannot be replaced."""

    def refuse(self: Path, target: Path) -> None:
        target.write_bytes(BODY)
        raise PermissionError(13, "The process cannot access the file", str(target))

    monkeypatch.setattr(Path, "replace", refuse)
    assert fetch(remote_of(file_server), tmp_path) == tmp_path / "tiny.zip"
    assert list(tmp_path.iterdir()) == [tmp_path / "tiny.zip"]


def _start(program: str, remote: RemoteFile, folder: Path) -> subprocess.Popen[str]:
    """Download in another process, after the lines of the program."""
    program += f"""
from pathlib import Path
from Data_manager._sources.download import RemoteFile, download
download({remote!r}, Path({str(folder)!r}), [Path("by_hand.zip")], verbose=False, notify=lambda message: None)
"""
    return subprocess.Popen([sys.executable, "-c", program], stderr=subprocess.PIPE, text=True)


def test_killed_download_leaves_nothing_under_the_name_and_a_later_one_works(
    file_server: FileServer, tmp_path: Path
) -> None:
    remote = remote_of(file_server, BODY * 100)
    remote = RemoteFile(remote.url, hashlib.md5(file_server.body).hexdigest())
    file_server.n_bytes_before_stalling = len(file_server.body) // 2
    with _start("", remote, tmp_path) as process:
        deadline = time.monotonic() + 30
        while not any(path.stat().st_size > 0 for path in tmp_path.iterdir()) and time.monotonic() < deadline:
            time.sleep(0.01)
        process.send_signal(signal.SIGKILL if os.name == "posix" else signal.SIGTERM)
    file_server.stopped.set()
    (leftover,) = tmp_path.iterdir()
    assert leftover.name != "tiny.zip"
    assert find_local(remote, tmp_path, "") is None

    file_server.n_bytes_before_stalling = None
    assert fetch(remote, tmp_path).read_bytes() == file_server.body
    assert leftover.exists(), "it is not a minute old"
    two_minutes_ago = time.time() - 2 * 60
    os.utime(leftover, (two_minutes_ago, two_minutes_ago))
    fetch(remote, tmp_path)
    assert list(tmp_path.iterdir()) == [tmp_path / "tiny.zip"]


def test_full_disk_is_named_with_the_way_out_and_leaves_no_file(file_server: FileServer, tmp_path: Path) -> None:
    pytest.importorskip("resource", reason="a limit of the size of files is known on Unix only")
    remote = remote_of(file_server)
    limit = f"import resource; resource.setrlimit(resource.RLIMIT_FSIZE, ({len(BODY) // 2}, {len(BODY) // 2}))"
    with _start(limit, remote, tmp_path) as process:
        _, errors = process.communicate(timeout=60)
    assert process.returncode == 1
    error = errors[errors.rindex("OSError") :]
    assert f"tiny.zip could not be written to '{tmp_path}' (File too large)" in error
    assert "by_hand.zip" in error
    assert "RECSYS_DATA_FOLDER" in error
    assert list(tmp_path.iterdir()) == []
    assert len(file_server.requests) == 1, "another attempt would find no more space"


def test_own_folder_comes_before_the_data_folder(tmp_path: Path) -> None:
    remote = RemoteFile("https://nowhere/tiny.zip", None)
    assert find_local(remote, tmp_path, "Tiny/") is None
    (tmp_path / "tiny.zip").touch()
    assert find_local(remote, tmp_path, "Tiny/") == tmp_path / "tiny.zip"
    (tmp_path / "Tiny").mkdir()
    (tmp_path / "Tiny" / "tiny.zip").touch()
    assert find_local(remote, tmp_path, "Tiny/") == tmp_path / "Tiny" / "tiny.zip"


def test_another_hash_than_the_recorded_one_is_told(tmp_path: Path) -> None:
    remote, path = RemoteFile("https://nowhere/tiny.zip", hashlib.md5(b"right").hexdigest()), tmp_path / "tiny.zip"
    told: list[str] = []
    path.write_bytes(b"right")
    tell_of_another_hash(remote, path, told.append)
    assert told == []
    path.write_bytes(b"other")
    tell_of_another_hash(remote, path, told.append)
    assert len(told) == 1 and str(path) in told[0] and "MD5" in told[0]


@pytest.mark.parametrize("name", [name for name in READERS if name != "synthetic"])
def test_every_edition_is_fetched_over_https_with_the_recorded_hash_if_there_is_one(name: str) -> None:
    reader_class = READERS[name]
    assert issubclass(reader_class, MovielensReader)
    address = "hetrec2011/hetrec2011-movielens-2k-v2.zip" if name == "hetrec2011" else f"movielens/{name}.zip"
    assert reader_class.ZIP.url == f"https://files.grouplens.org/datasets/{address}"
    if name in ("ml-latest-small", "ml-latest", "hetrec2011"):
        assert reader_class.ZIP.md5 is None
    else:
        assert len(bytes.fromhex(reader_class.ZIP.md5)) == 16
