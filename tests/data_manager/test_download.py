"""Finding a data set's zip, and downloading it from a server on the loopback."""

import hashlib
import logging
from pathlib import Path

import pooch
import pytest

import Data_manager._download as download_module
from Data_manager._download import RemoteFile, download, find_local, places_of
from Data_manager.Movielens._movielens import MovielensReader
from Data_manager.reader_list import READERS
from tests.data_manager.conftest import FileServer

BODY = b"the content of a zip" * 1000


@pytest.fixture(autouse=True)
def no_retries(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(download_module, "N_RETRIES", 0)


def remote_of(server: FileServer, body: bytes = BODY) -> RemoteFile:
    server.body = body
    return RemoteFile(f"{server.url}/sets/tiny.zip", hashlib.md5(BODY).hexdigest())


def fetch(remote: RemoteFile, folder: Path, verbose: bool = False) -> Path:
    return download(remote, folder, verbose, places_of(remote.file_name, folder, "Tiny/"))


def test_download_gives_the_file_and_leaves_nothing_else(file_server: FileServer, tmp_path: Path) -> None:
    path = fetch(remote_of(file_server), tmp_path)
    assert path == tmp_path / "tiny.zip"
    assert path.read_bytes() == BODY
    assert list(tmp_path.iterdir()) == [path]
    assert file_server.requests == ["/sets/tiny.zip"]


def test_failed_attempt_is_repeated(file_server: FileServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(download_module, "N_RETRIES", 1)
    file_server.n_failures = 1
    assert fetch(remote_of(file_server), tmp_path).read_bytes() == BODY
    assert len(file_server.requests) == 2


def _other_content(server: FileServer) -> RemoteFile:
    return remote_of(server, b"something else")


def _server_error(server: FileServer) -> RemoteFile:
    server.n_failures = 9
    return remote_of(server)


def _cut_short(server: FileServer) -> RemoteFile:
    server.claimed_length = 2 * len(BODY)
    return remote_of(server)


def _nobody_listens(server: FileServer) -> RemoteFile:
    return RemoteFile("http://127.0.0.1:9/sets/tiny.zip", "0" * 32)


def _no_answer(server: FileServer) -> RemoteFile:
    server.hangs = True
    return remote_of(server)


@pytest.mark.parametrize(
    ("prepare", "reason"),
    [
        (_other_content, "hash"),
        (_server_error, "503"),
        (_cut_short, "."),
        (_nobody_listens, "refused"),
        (_no_answer, "timed out"),
    ],
)
def test_failure_names_address_reason_and_places_and_leaves_no_file(
    prepare: object, reason: str, file_server: FileServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(download_module, "READ_TIMEOUT_SECONDS", 0.2)
    remote = prepare(file_server)
    with pytest.raises(ConnectionError, match=reason) as caught:
        fetch(remote, tmp_path)
    message = str(caught.value)
    assert remote.url in message
    assert str(tmp_path / "Tiny" / "tiny.zip") in message
    assert str(tmp_path / "tiny.zip") in message
    assert "RECSYS_DATA_FOLDER" in message
    assert list(tmp_path.iterdir()) == []


def test_certificate_is_verified(bad_certificate_server: FileServer, tmp_path: Path) -> None:
    with pytest.raises(ConnectionError, match="certificate is not valid") as caught:
        fetch(remote_of(bad_certificate_server), tmp_path)
    assert bad_certificate_server.url in str(caught.value)
    assert bad_certificate_server.requests == []


def test_quiet_download_prints_nothing_and_other_one_shows_progress(
    file_server: FileServer, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "quiet").mkdir()
    fetch(remote_of(file_server), tmp_path / "quiet")
    assert capfd.readouterr() == ("", "")
    fetch(remote_of(file_server), tmp_path, verbose=True)
    assert "100%" in capfd.readouterr().err


def test_pooch_logs_unless_quiet_and_its_logger_stays_as_it_was(file_server: FileServer, tmp_path: Path) -> None:
    logger = pooch.get_logger()
    before = (logger.level, list(logger.filters))
    records: list[logging.LogRecord] = []
    handler = logging.Handler()
    handler.emit = records.append
    logger.addHandler(handler)
    try:
        for name, verbose in (("first", True), ("second", False), ("third", True)):
            records.clear()
            (tmp_path / name).mkdir()
            fetch(remote_of(file_server), tmp_path / name, verbose)
            assert bool(records) == verbose
    finally:
        logger.removeHandler(handler)
    assert (logger.level, list(logger.filters)) == before


def test_own_folder_comes_before_the_data_folder(tmp_path: Path) -> None:
    remote = RemoteFile("https://nowhere/tiny.zip", hashlib.md5(b"right").hexdigest())
    told: list[str] = []
    assert find_local(remote, tmp_path, "Tiny/", told.append) is None
    (tmp_path / "tiny.zip").write_bytes(b"right")
    assert find_local(remote, tmp_path, "Tiny/", told.append) == tmp_path / "tiny.zip"
    assert told == []
    (tmp_path / "Tiny").mkdir()
    (tmp_path / "Tiny" / "tiny.zip").write_bytes(b"other")
    assert find_local(remote, tmp_path, "Tiny/", told.append) == tmp_path / "Tiny" / "tiny.zip"
    assert len(told) == 1
    assert "MD5" in told[0]


@pytest.mark.parametrize("name", [name for name in READERS if name != "synthetic"])
def test_every_edition_is_fetched_over_https_with_a_recorded_hash(name: str) -> None:
    reader_class = READERS[name]
    assert issubclass(reader_class, MovielensReader)
    assert reader_class.ZIP.url == f"https://files.grouplens.org/datasets/movielens/{name}.zip"
    assert len(bytes.fromhex(reader_class.ZIP.md5)) == 16
