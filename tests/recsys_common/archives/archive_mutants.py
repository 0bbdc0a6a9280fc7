"""Archives changed by chance and by malice, what loading each comes to, and what it costs; by hand::

    python -m tests.recsys_common.archives.archive_mutants 5000 --seed 1

A mutant is refused with a ValueError that names its file, or gives what was saved, or, where it was written anew with
checksums that are right, something else that the class admits and that is consistent. All else is a fault.
"""

import argparse
import io
import json
import os
import random
import resource
import signal
import struct
import sys
import tempfile
import time
import traceback
import warnings
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from tests.recsys_common.archives.archive_subjects import SUBJECTS, Subject, fingerprint

MAX_SECONDS = 5.0
MAX_MEGABYTES = 300.0
_HANGS_AFTER_SECONDS = 60
_MUTANTS_PER_PROCESS = 25
# of a file; what loading may cost grows with its size
_MAX_BOMB_BYTES = 3_000_000

Mutate = Callable[[bytes, random.Random], bytes]
Edit = Callable[[bytes, random.Random], bytes]


# zips, with every field at hand


@dataclass(frozen=True)
class Member:
    """A member as it stands in a zip."""

    name: bytes
    compressed: bytes
    size: int
    checksum: int
    method: int = zipfile.ZIP_DEFLATED


def deflated(name: str, content: bytes) -> Member:
    compress = zlib.compressobj(1, zlib.DEFLATED, -15)
    compressed = compress.compress(content) + compress.flush()
    return Member(name.encode("utf-8", "surrogatepass"), compressed, len(content), zlib.crc32(content))


def pack(members: list[Member]) -> bytes:
    """The zip of these members."""
    content, directory = bytearray(), bytearray()
    for member in members:
        fields = struct.pack(
            "<HHHHHLLLHH", 20, 0x800, member.method, 0, 33, member.checksum,
            len(member.compressed), member.size & 0xFFFFFFFF, len(member.name), 0,
        )  # fmt: skip
        directory += b"PK\x01\x02" + struct.pack("<H", 20) + fields
        directory += struct.pack("<HHHLL", 0, 0, 0, 0, len(content)) + member.name
        content += b"PK\x03\x04" + fields + member.name + member.compressed
    n_members = min(len(members), 0xFFFF)
    end = struct.pack("<HHHHLLH", 0, 0, n_members, n_members, len(directory), len(content), 0)
    return bytes(content + directory + b"PK\x05\x06" + end)


def unpack(content: bytes) -> list[tuple[str, bytes]]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return [(info.filename, archive.read(info)) for info in archive.infolist()]


def packed(entries: list[tuple[str, bytes]]) -> bytes:
    return pack([deflated(name, content) for name, content in entries])


@lru_cache(maxsize=64)
def bomb(name: str, head: bytes, unit: bytes, tail: bytes, n_bytes: int) -> Member:
    """A member of `n_bytes` that repeats one text, made without ever being there whole."""
    compress, checksum, size = zlib.compressobj(9, zlib.DEFLATED, -15), 0, 0
    compressed = bytearray()
    block = unit * max(1, 2**20 // len(unit))
    for part in (head, *(block for _ in range(max(1, n_bytes // len(block)))), tail):
        compressed += compress.compress(part)
        checksum, size = zlib.crc32(part, checksum), size + len(part)
    return Member(name.encode(), bytes(compressed + compress.flush()), size, checksum)


# by chance: whatever is loaded afterwards must be what was saved


def flip_bits(content: bytes, rng: random.Random) -> bytes:
    changed = bytearray(content)
    for _ in range(rng.choice([1, 1, 1, 2, 8])):
        changed[rng.randrange(len(changed))] ^= 1 << rng.randrange(8)
    return bytes(changed)


def overwrite_a_run(content: bytes, rng: random.Random) -> bytes:
    start, length = rng.randrange(len(content)), rng.choice([1, 4, 64, 1000])
    run = rng.choice([bytes(length), b"\xff" * length, rng.randbytes(length)])
    return (content[:start] + run + content[start + length :])[: max(len(content), 1)]


def cut(content: bytes, rng: random.Random) -> bytes:
    first, second = sorted(rng.randrange(len(content) + 1) for _ in range(2))
    return rng.choice([content[:first], content[first:], content[:first] + content[second:]])


def grow(content: bytes, rng: random.Random) -> bytes:
    more = rng.choice([bytes(100), rng.randbytes(100), content])
    return rng.choice([content + more, more + content])


def set_a_field(content: bytes, rng: random.Random) -> bytes:
    signature, n_bytes = rng.choice([(b"PK\x03\x04", 30), (b"PK\x01\x02", 46), (b"PK\x05\x06", 22)])
    places = [place for place in range(len(content)) if content.startswith(signature, place)]
    form = rng.choice(["<H", "<L"])
    largest = 2 ** (8 * struct.calcsize(form)) - 1
    value = rng.choice([0, 1, 8, 12, 14, 255, largest // 2, largest - 1, largest, rng.randrange(largest)])
    changed = bytearray(content)
    struct.pack_into(form, changed, rng.choice(places) + 4 + rng.randrange(n_bytes - 8), value)
    return bytes(changed)


BY_CHANCE: list[Mutate] = [flip_bits, overwrite_a_run, cut, grow, set_a_field]


# written anew: checksums are right


NAMES = [
    "../a.json", "/a.json", "a/b.json", "..\\a.json", "C:a.json", "CON.json", "a.pkl", "a.h5", "a", ".json", "", ".",
    "recommend.json", "n_users.npy", "URM_train.npz", "fit.csv", "a\0b.json", "a" * 60_000 + ".json", "\u00e9.json",
]  # fmt: skip


def change_members(content: bytes, rng: random.Random) -> bytes:
    entries = unpack(content)
    at, other = rng.randrange(len(entries)), rng.randrange(len(entries))
    name, data = entries[at]
    what = rng.randrange(7)
    if what == 0:
        del entries[at]
    elif what == 1:
        entries.insert(other, (name, data))
    elif what == 2:
        entries[at] = (rng.choice(NAMES), data)
    elif what == 3:
        entries[at], entries[other] = (name, entries[other][1]), (entries[other][0], data)
    elif what == 4:
        entries.insert(other, (rng.choice(NAMES), rng.choice([data, b"1", rng.randbytes(50)])))
    elif what == 5:
        entries[at] = (name.rpartition(".")[0] + rng.choice([".json", ".npy", ".npz", ".zip", ".csv", ".h5"]), data)
    else:
        rng.shuffle(entries)
    return packed(entries)


def edited(content: bytes, rng: random.Random, suffix: str, edit: Edit) -> bytes | None:
    """The zip with one member of this kind edited, in it or in a zip within it; None where there is none."""
    entries = unpack(content)
    for at in rng.sample(range(len(entries)), len(entries)):
        name, data = entries[at]
        inner = edited(data, rng, suffix, edit) if name.endswith((".npz", ".zip")) else None
        if inner is None and name.endswith(suffix):
            inner = edit(data, rng)
        if inner is not None:
            entries[at] = (name, inner)
            return packed(entries)
    return None


def _header(descr: str, order: str, shape: str) -> str:
    return f"{{'descr': {descr}, 'fortran_order': {order}, 'shape': {shape}, }}"


def npy_of(header: str, data: bytes, version: int = 1, length: int | None = None) -> bytes:
    form = "<H" if version == 1 else "<L"
    written = len(header) if length is None else length
    return b"\x93NUMPY" + bytes([version, 0]) + struct.pack(form, written) + header.encode() + data


DTYPES = [
    "'<f4'", "'>f8'", "'<f2'", "'<f16'", "'<c16'", "'<i8'", "'<i4'", "'|u1'", "'<u8'", "'|b1'", "'|O'", "'<U3'",
    "'|S9'", "'|V0'", "'<M8[s]'", "[('a', '<f8')]", "[('a', '|O')]", "('<f8', (1000000000,))", "'08b'", "3", "None",
    "'<f8,' * 3", "'|V2147483647'", "'x'",
]  # fmt: skip
SHAPES = [
    "()", "(0,)", "(1,)", "(-1,)", "(-1, -1)", "(2, 2)", "(10000000000,)", "(4294967296, 4294967296)",
    "(9223372036854775807,)", "(0, 9223372036854775807)", "(1000000000000000000000,)", "(1.5,)", "(True,)", "7", "None",
]  # fmt: skip
HEADERS = [
    "", "{}", "{" * 300, "-" * 9_000 + "1", "~" * 60_000 + "1", "not " * 2_000 + "1", "[" * 5_000, "__import__('os')",
    "{'descr': '<f8', 'fortran_order': False, 'shape': (1,), 'more': 1}", " " * 60_000, "\0" * 50,
]  # fmt: skip


def change_header(data: bytes, rng: random.Random) -> bytes:
    array = np.load(io.BytesIO(data))
    raw = array.tobytes()
    descr, order, shape = repr(array.dtype.str), "False", repr(array.shape)
    what = rng.randrange(5)
    if what == 0:
        return npy_of(_header(rng.choice(DTYPES), order, shape), raw)
    if what == 1:
        return npy_of(_header(descr, rng.choice(["True", "1", "None"]), rng.choice(SHAPES)), raw)
    if what == 2:
        return npy_of(rng.choice(HEADERS), raw)
    length = rng.choice([0, 1, 10_000, 65_535, None] if what == 3 else [0, 10_001, 2**31, 2**32 - 1, None])
    return npy_of(_header(descr, order, shape), raw, version=rng.choice([1, 1, 3, 9]) if what == 3 else 2,
                  length=min(length, 65_535) if length is not None and what == 3 else length)  # fmt: skip


def change_values(data: bytes, rng: random.Random) -> bytes:
    array = np.load(io.BytesIO(data)).copy()
    flat = array.reshape(-1)
    if array.dtype.kind in "iufb" and flat.size:
        for _ in range(rng.choice([1, 3])):
            value = rng.choice([np.nan, np.inf, -np.inf, 1e300, -1, 0, 1, 2, 7, 10**6, 2**31, 2**63 - 1])
            with np.errstate(all="ignore"):
                flat[rng.randrange(flat.size)] = np.array(value).astype(array.dtype)
        if array.dtype == np.bool_:
            flat.view(np.uint8)[rng.randrange(flat.size)] = 2
    array = rng.choice([array, array, array.astype(">f8") if array.dtype.kind in "iuf" else array, array[..., :1]
                        if array.ndim else array, np.resize(array, (array.size + 1,))])  # fmt: skip
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


LONG_RANGE = {"kind": "range", "range": [0, 10**12, 1], "name": None}
VALUES: list[Any] = [
    None, True, -1, 0, 1, 1.5, 1e308, float("nan"), float("inf"), 10**30, 2**63, "x", "", [], {}, [[1]], ["1.5"],
    LONG_RANGE, {"kind": "multi", "levels": [LONG_RANGE], "codes": [[0]], "names": [None]}, "dateutil//etc/passwd",
    {"dtype": "category", "codes": [0], "categories": LONG_RANGE, "ordered": False}, "O", "float64", [0] * 50,
    {"dtype": "datetime64[ns]", "values": [0], "timezone": "dateutil//dev/zero"}, {"numpy": ["float64", "1"]},
]  # fmt: skip


def _places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield path
    children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, child in children:
        yield from _places(child, (*path, key))


def change_json(data: bytes, rng: random.Random) -> bytes:
    if rng.random() < 0.2:
        return rng.choice(
            [b"", b"{", b"[" * 200_000, b"1" * 5_000, b"NaN", data[:-1], data.decode().encode("utf-16"), b"\xff",
             b"[" * 900 + b"]" * 900, b'{"a":' * 50_000, b'"\\ud800"']
        )  # fmt: skip
    content = {"": json.loads(data)}
    *parents, last = ("", *rng.choice(list(_places(content[""]))))
    holder: Any = content
    for key in parents:
        holder = holder[key]
    holder[last] = rng.choice(VALUES)
    return json.dumps(content[""]).encode()


def _edit(suffix: str, edit: Edit) -> Mutate:
    def mutate(content: bytes, rng: random.Random) -> bytes:
        return edited(content, rng, suffix, edit) or change_members(content, rng)

    mutate.__name__ = edit.__name__
    return mutate


# bombs

BOMBS: list[tuple[str, bytes, bytes, bytes]] = [
    ("json", b"[", b"[],", b"1]"),
    ("json", b"[", b"{},", b"1]"),
    ("json", b"[", b'{"a":1},', b"1]"),
    ("json", b"[", b'"ab",', b"1]"),
    ("json", b"[", b"1.5,", b"1]"),
    ("json", b'"', b"aaaa", b'\\ud83d\\ude00"'),
    ("json", b"[", b"[[[[1]]]],", b"1]"),
    ("json", b" ", b" ", b"1"),
    ("csv", b"a\n", b"1\n", b""),
    ("csv", b"", b"a,", b"\n"),
    ("csv", b'"', b'a\n",', b"\n"),
    ("csv", b"a,b\n", b",\n", b""),
    ("npz", b"", b"PK\x01\x02" + bytes(42), b""),
    ("zip", b"", bytes(46), b""),
    ("h5", b"", bytes(46), b""),
]


def array_bomb(name: str, n_bytes: int) -> Member:
    header = _header("'|u1'", "False", f"({(n_bytes // 2**20) * 2**20},)")
    return bomb(f"{name}.npy", npy_of(header, b""), bytes(2**20), b"", n_bytes)


def add_a_bomb(content: bytes, rng: random.Random, megabytes: int) -> bytes:
    members = [deflated(name, data) for name, data in unpack(content)]
    keys = [member.name.decode().lstrip(".").partition(".")[0] for member in members]
    at = rng.randrange(len(members))
    name = rng.choice([keys[at], keys[at], "of_its_own"])
    n_bytes = rng.choice([1, 10, megabytes, megabytes]) * 2**20
    kind = rng.randrange(len(BOMBS) + 3)
    if kind >= len(BOMBS):
        new = array_bomb(name, n_bytes)
    else:
        extension, head, unit, tail = BOMBS[kind]
        if extension == "json" and rng.random() < 0.3:
            extension = "frame.json"
            members.append(deflated(f"{name}.csv", b"a\n1\n"))
            name = f".{name}"
        new = bomb(f"{name}.{extension}", head, unit, tail, n_bytes)
    if rng.random() < 0.2:  # it declares less than it unpacks to
        new = replace(new, size=rng.choice([0, 1, 100, 5_000]))
    n_copies = min(rng.choice([0, 0, 30]), _MAX_BOMB_BYTES // len(new.compressed))
    copies = [replace(new, name=b"%d" % copy + new.name) for copy in range(n_copies)]
    return pack([*members[:at], new, *copies, *members[at + rng.choice([0, 1, 1]) :]])


def nest_a_bomb(content: bytes, rng: random.Random, megabytes: int) -> bytes:
    inner = add_a_bomb(content, rng, megabytes)
    for _ in range(rng.choice([1, 2, 40])):
        inner = packed([(rng.choice(["a.zip", "matrix_csr.npz"]), inner)])
    return inner


def very_many_members(content: bytes, rng: random.Random, megabytes: int) -> bytes:
    one = deflated("a", b"1")
    n_members = rng.choice([1_000, 30_000])
    many = [replace(one, name=b"%d.json" % number) for number in range(n_members)]
    whole = pack(many)
    return whole if rng.random() < 0.5 else packed([*unpack(content), ("nested.zip", whole)])


def mutations(megabytes: int) -> list[Mutate]:
    """All kinds; those that are listed twice are made twice as often."""
    anew = [change_members, _edit(".npy", change_header), _edit(".npy", change_values), _edit(".json", change_json)]
    bombs: list[Mutate] = []
    for make in (add_a_bomb, nest_a_bomb, very_many_members):

        def mutate(content: bytes, rng: random.Random, make: Callable[..., bytes] = make) -> bytes:
            return make(content, rng, megabytes)

        mutate.__name__ = make.__name__
        bombs.append(mutate)
    return [*BY_CHANCE, *anew, *anew, *bombs[:1], *bombs]


# what becomes of them


@dataclass
class Outcome:
    """What loading a mutant came to; `megabytes` is above the process before it had loaded any."""

    number: int
    subject: str
    kind: str
    file: str
    result: str
    seconds: float = 0.0
    megabytes: float = 0.0
    text: str = ""

    @property
    def is_fault(self) -> bool:
        return (
            self.result not in ("refused", "the same", "another, and consistent")
            or self.seconds > MAX_SECONDS
            or self.megabytes > MAX_MEGABYTES
        )


def make_mutant(number: int, seed: int, folder: Path, kinds: list[Mutate]) -> Outcome:
    """Write a mutant into a folder of its own; the same number and seed make the same one."""
    rng = random.Random(f"{seed}/{number}")
    subject = rng.choice(list(SUBJECTS.values()))
    kind = rng.choice(kinds)
    file = rng.choice(sorted(subject.files))
    own = folder / str(number)
    own.mkdir()
    for name, content in subject.files.items():
        (own / name).write_bytes(kind(content, rng) if name == file else content)
    return Outcome(number, subject.name, kind.__name__, file, "not run")


def _peak_megabytes() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _load(outcome: Outcome, subject: Subject, folder: Path, megabytes_before: float) -> None:
    """Load and judge one mutant."""
    by_chance = outcome.kind in {mutate.__name__ for mutate in BY_CHANCE}
    start = time.perf_counter()
    try:
        loaded = subject.load(folder)
    except ValueError as error:
        loaded = None
        # where several files do not fit together, none of them alone is to blame
        names = [*subject.files, *([str(folder)] if len(subject.files) > 1 else [])]
        is_named = any(name in str(error) for name in names)
        outcome.result, outcome.text = ("refused" if is_named else "refused without the file"), str(error)[:300]
    except BaseException as error:
        loaded = None
        outcome.result, outcome.text = f"crash: {type(error).__name__}", traceback.format_exc()[-600:]
    outcome.seconds = time.perf_counter() - start
    outcome.megabytes = _peak_megabytes() - megabytes_before
    if loaded is None:
        return
    if fingerprint(subject.content(loaded)) == subject.fingerprint:
        outcome.result = "the same"
    elif by_chance:
        outcome.result = "WRONG: another than was saved"
    else:
        outcome.result = "another, and consistent"
    try:
        subject.check(loaded)
    except Exception:
        outcome.result, outcome.text = "WRONG: inconsistent", traceback.format_exc()[-600:]


def _load_all(outcomes: list[Outcome], folder: Path, report: int) -> None:
    """In a process of its own: load one after the other, and write each outcome as a line."""
    warnings.simplefilter("ignore")
    before = _peak_megabytes()
    for outcome in outcomes:
        signal.alarm(_HANGS_AFTER_SECONDS)
        _load(outcome, SUBJECTS[outcome.subject], folder / str(outcome.number), before)
        os.write(report, json.dumps(asdict(outcome)).encode() + b"\n")
        if outcome.megabytes > MAX_MEGABYTES:  # the most that a process has taken is never less again
            return


def _outcomes(mutants: list[Outcome], folder: Path) -> Iterator[Outcome]:
    """The outcomes of mutants that lie in the folder; one that ends its process is one, and another process goes on."""
    while mutants:
        reading, writing = os.pipe()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # of forking beside threads
            child = os.fork()
        if child == 0:
            status = 1
            with suppress(BaseException):
                os.close(reading)
                _load_all(mutants, folder, writing)
                status = 0
            os._exit(status)
        os.close(writing)
        with os.fdopen(reading, "rb") as lines:
            done = [Outcome(**json.loads(line)) for line in lines]
        _, status = os.waitpid(child, 0)
        yield from done
        mutants = mutants[len(done) :]
        if mutants and status != 0:
            mutants[0].result = f"crash: the process ended with status {status}"
            yield mutants.pop(0)


def run(n_mutants: int, seed: int, megabytes: int) -> Iterator[Outcome]:
    """Make and load mutants; the largest bombs unpack to `megabytes` each."""
    kinds = mutations(megabytes)
    with tempfile.TemporaryDirectory() as name:
        for subject in SUBJECTS.values():  # whatever is imported late is imported now
            first = Path(name) / subject.name
            first.mkdir()
            for file, content in subject.files.items():
                (first / file).write_bytes(content)
            subject.check(subject.load(first))
        for start in range(0, n_mutants, _MUTANTS_PER_PROCESS):
            with tempfile.TemporaryDirectory(dir=name) as folder:
                numbers = range(start, min(start + _MUTANTS_PER_PROCESS, n_mutants))
                yield from _outcomes([make_mutant(n, seed, Path(folder), kinds) for n in numbers], Path(folder))


def main() -> None:
    """Run as many mutants as asked for, and print what became of them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("n_mutants", type=int)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--megabytes", type=int, default=1000, help="what the largest bombs unpack to")
    arguments = parser.parse_args()
    outcomes = []
    with suppress(KeyboardInterrupt):  # Ctrl-C: what there is so far
        for outcome in run(arguments.n_mutants, arguments.seed, arguments.megabytes):
            outcomes.append(outcome)
            if outcome.is_fault:
                print("FAULT", outcome, flush=True)
    for count in sorted(Counter((outcome.kind, outcome.result) for outcome in outcomes).items()):
        print(*count)
    print(Counter(outcome.result for outcome in outcomes))
    for what in ("seconds", "megabytes"):
        print(f"most {what}:", *sorted(outcomes, key=lambda outcome: -getattr(outcome, what))[:3], sep="\n    ")
    sys.exit(any(outcome.is_fault for outcome in outcomes))


if __name__ == "__main__":
    main()
