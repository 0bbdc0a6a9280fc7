"""Tiny zips in the layouts of the MovieLens editions, and a server on the loopback that hands out files."""

import ssl
import threading
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

# The same five ratings in every edition: user 7 and 3, items 50, 10, 20 in the order of the lines; item 40 is unrated.
RATINGS = [(7, 50, 4, 1000), (7, 10, 3, 1001), (3, 50, 5, 999), (3, 20, 1, 1005), (3, 10, 2, 1006)]

RATINGS_DAT = "".join(f"{user}::{item}::{rating}::{time}\n" for user, item, rating, time in RATINGS)
MOVIES_DAT = (
    "10::Se7en: The Movie, Thé (1995)::Crime|Thriller\n"
    "20::No Year::Drama\n"
    "40::Double::Colon (1926)::Comedy|Drama|Romance\n"
    "50::Ends Otherwise (1990) (V)::Crime\n"
)
TAGS_DAT = (
    "3::10::robots, and Robot::1100\n"  # two tokens that are one stem, and a stop word
    "7::10::ROBOTS::1101\n"
    "7::20::a::b::1102\n"  # the separator inside a tag
    "7::20::Crime!::1103\n"
)
USERS_DAT = "3::F::25::10::48067\n7::M::1::0::0-1234\n"

RATINGS_CSV = "userId,movieId,rating,timestamp\n" + "".join(f"{u},{i},{r}.0,{t}\n" for u, i, r, t in RATINGS)
MOVIES_CSV = (
    "movieId,title,genres\n"
    '10,"Se7en: The Movie, Thé (1995)",Crime|Thriller\n'
    "20,No Year,Drama\n"
    '40,"The ""Quoted"", One (1926) ",Comedy|Drama|Romance\n'
    "50,Ends Otherwise (1990) (V),(no genres listed)\n"
)
TAGS_CSV = (
    "userId,movieId,tag,timestamp\n"
    '3,10,"robots, dark; ""noir""",1100\n'
    "7,10,Robot,1101\n"
    '7,20,"two\nlines",1102\n'
    "7,20,Almodóvar,1103\n"
    "7,20,NaN,1104\n"
)

GENRES_100K = ["unknown", "Action", "Adventure", "Animation", "Children's", "Comedy", "Crime", "Documentary", "Drama"]
GENRES_100K += [
    "Fantasy",
    "Film-Noir",
    "Horror",
    "Musical",
    "Mystery",
    "Romance",
    "Sci-Fi",
    "Thriller",
    "War",
    "Western",
]


def _item_100k(item: int, title: str, *genres: str) -> str:
    flags = "|".join("1" if name in genres else "0" for name in GENRES_100K)
    return f"{item}|{title}|01-Jan-1995||http://us.imdb.com/M/title-exact?x|{flags}\n"


CONTENT: dict[str, dict[str, str]] = {
    "ml-100k": {
        "ml-100k/u.data": "".join("\t".join(map(str, row)) + "\n" for row in RATINGS),
        "ml-100k/u.item": _item_100k(10, "Se7en: Thé (1995)", "Crime", "Thriller")
        + _item_100k(20, "No Year", "unknown")
        + _item_100k(40, "Unrated (1926)", "Comedy", "Western")
        + _item_100k(50, "Ends Otherwise (1990) (V)", "Crime"),
        "ml-100k/u.genre": "".join(f"{name}|{k}\n" for k, name in enumerate(GENRES_100K)) + "\n",
        "ml-100k/u.user": "3|24|F|technician|V0R2M\n7|56|M|other|00042\n",
    },
    "ml-1m": {"ml-1m/ratings.dat": RATINGS_DAT, "ml-1m/movies.dat": MOVIES_DAT, "ml-1m/users.dat": USERS_DAT},
    "ml-10m": {
        "ml-10M100K/ratings.dat": RATINGS_DAT,
        "ml-10M100K/movies.dat": MOVIES_DAT,
        "ml-10M100K/tags.dat": TAGS_DAT,
    },
}
for _name in ("ml-20m", "ml-25m", "ml-32m", "ml-latest-small", "ml-latest"):
    CONTENT[_name] = {
        f"{_name}/ratings.csv": RATINGS_CSV,
        f"{_name}/movies.csv": MOVIES_CSV,
        f"{_name}/tags.csv": TAGS_CSV,
    }
_HETREC_DATE = "date_day\tdate_month\tdate_year\tdate_hour\tdate_minute\tdate_second"
CONTENT["hetrec2011"] = {
    "user_ratedmovies.dat": f"userID\tmovieID\trating\t{_HETREC_DATE}\r\n"
    + "".join(f"{user}\t{item}\t{rating}\t29\t10\t2006\t23\t17\t16\r\n" for user, item, rating, _ in RATINGS)
}
ZIP_NAMES = {"hetrec2011": "hetrec2011-movielens-2k-v2.zip"}


def write_zip(path: Path, members: dict[str, str | bytes]) -> Path:
    """A zip with these members; text in the edition's encoding: UTF-8 for csv files, else latin-1."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for member, content in members.items():
            if isinstance(content, str):
                content = content.encode("utf-8" if member.endswith(".csv") else "latin-1")
            archive.writestr(member, content)
    return path


MakeZip = Callable[..., Path]


@pytest.fixture
def make_zip(tmp_path: Path) -> MakeZip:
    """make_zip("ml-1m", {"ml-1m/users.dat": None}) writes ml-1m.zip, members replaced or (None) left out."""

    def make(edition: str, changes: dict[str, str | bytes | None] | None = None) -> Path:
        members = {**CONTENT[edition], **(changes or {})}
        zip_name = ZIP_NAMES.get(edition, f"{edition}.zip")
        return write_zip(tmp_path / zip_name, {k: v for k, v in members.items() if v is not None})

    return make


@dataclass
class FileServer:
    """Answers every request with `body`, but for the misbehaviour that a test asks for."""

    url: str = ""
    body: bytes = b""
    bodies: dict[str, bytes] = field(default_factory=dict)  # by path, in the place of `body`
    redirects: dict[str, str] = field(default_factory=dict)
    statuses: dict[str, int] = field(default_factory=dict)  # other than 200, by path
    n_failures: int = 0  # of the first requests, with status 503
    claimed_length: int | None = None
    hangs: bool = False
    n_bytes_before_stalling: int | None = None
    requests: list[str] = field(default_factory=list)
    stopped: threading.Event = field(default_factory=threading.Event)

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        self.requests.append(request.path)
        if self.hangs:
            self.stopped.wait(5)
            return
        status = 503 if len(self.requests) <= self.n_failures else self.statuses.get(request.path, 200)
        if request.path in self.redirects:
            status = 302
        request.send_response(status)
        if status == 302:
            request.send_header("Location", self.redirects[request.path])
        body = self.bodies.get(request.path, self.body) if status == 200 else b""
        request.send_header("Content-Length", str(self.claimed_length or len(body)))
        request.end_headers()
        request.wfile.write(body[: self.n_bytes_before_stalling])
        if self.n_bytes_before_stalling is not None:
            request.wfile.flush()
            self.stopped.wait(5)


def _serve(certificate: Path | None) -> Iterator[FileServer]:
    files = FileServer()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            files.answer(self)

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.handle_error = lambda *args: None  # a client that hangs up is what some tests are about
    if certificate is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    files.url = f"http{'s' if certificate else ''}://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield files
    finally:
        files.stopped.set()
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.setenv(name, "127.0.0.1,localhost")


@pytest.fixture
def file_server(no_proxy: None) -> Iterator[FileServer]:
    yield from _serve(None)


@pytest.fixture
def bad_certificate_server(no_proxy: None) -> Iterator[FileServer]:
    """Its certificate is signed by itself and past its day; the key in the file protects nothing."""
    yield from _serve(Path(__file__).parent / "bad_certificate.pem")


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A file of numbers that the toy data set of the caches is made from."""
    path = tmp_path / "ratings of Zoë.txt"
    path.write_text("4 2", encoding="utf-8")
    return path


SMALL_BLOCK_BYTES = 2**18


@pytest.fixture
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Text is parsed in blocks of SMALL_BLOCK_BYTES, so that a short one has many; an id may have a quarter of it."""
    for module in ("lines", "parsing"):
        monkeypatch.setattr(f"Data_manager._text.{module}.BLOCK_BYTES", SMALL_BLOCK_BYTES)
