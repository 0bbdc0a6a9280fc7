"""Where torch computes: the device, by name or by rule, and the number of its threads."""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import torch

from recsys_common.validation import check_choice

# Numbers in the embedding rows of a batch up to which one thread is the faster choice.
LARGEST_ONE_THREAD_BATCH = 1 << 18


def choose_device(name: str) -> torch.device:
    """The torch device of that name; "auto" is the first CUDA device where there is one, else the CPU.

    Apple's "mps" is taken only by name.

    Raises
    ------
    TypeError, ValueError
        `name` is no string, or names a device that this machine does not have; the error lists those it has, and says
        where CUDA or MPS is missing whether the build of torch or the machine lacks it.
    """
    available = _available_devices()
    if name == "auto":
        return torch.device("cuda" if "cuda" in available else "cpu")
    try:
        return torch.device(check_choice("device", name, ["auto", *available]))
    except ValueError as error:
        raise ValueError(f"{error}{_why_missing(name, available)}") from None


def _why_missing(name: str, available: list[str]) -> str:
    kind = name.partition(":")[0]
    if kind not in ("cuda", "mps") or kind in available:
        return ""
    is_built = torch.version.cuda is not None if kind == "cuda" else torch.backends.mps.is_built()
    if not is_built:
        return f"; this torch, {torch.__version__}, is a build without {kind.upper()}"
    return f"; torch finds no {kind.upper()} device on this machine"


def _available_devices() -> list[str]:
    devices = ["cpu"]
    if torch.cuda.is_available():
        devices += ["cuda", *(f"cuda:{index}" for index in range(torch.cuda.device_count()))]
    if torch.backends.mps.is_available():
        devices.append("mps")
    return devices


def has_float64(device: torch.device) -> bool:
    """Whether the device computes with float64, which Apple's does not."""
    return device.type != "mps"


def choose_threads(num_threads: int | None, batch_size: int, num_factors: int) -> int:
    """The CPU threads of a step: as asked for, else one for a small batch and torch's own setting for a larger one.

    A step of a small batch takes microseconds an operation. Threads that wait for each other there cost more than
    they save, and many times more where another process needs their core. A forked process has one thread: it would
    wait for ever for those that OpenMP has started in the process that it comes from.

    Raises
    ------
    ValueError
        More than one is asked for in a forked process.
    """
    if _thread_setting.is_forked:
        if num_threads not in (None, 1):
            raise ValueError(f"num_threads must be 1 in a forked process with engine='torch', got {num_threads}")
        return 1
    if num_threads is not None:
        return num_threads
    return 1 if batch_size * num_factors <= LARGEST_ONE_THREAD_BATCH else torch.get_num_threads()


class _SharedThreadSetting:
    """torch's number of threads, lent to several trainings at once.

    It is one number for the process, but OpenMP keeps one for each thread beside it: every borrower restores it.
    """

    def __init__(self) -> None:
        self.is_forked = False
        self.lock = threading.Lock()
        self.borrowers: dict[object, tuple[int, int]] = {}  # in whose thread, and for how many
        self.before = 0

    def begin_in_forked_process(self) -> None:
        """Forget the threads that were not forked, the one that may hold the lock among them."""
        self.__init__()  # type: ignore[misc]
        self.is_forked = True

    def borrow(self, borrower: object, num_threads: int) -> None:
        with self.lock:
            if not self.borrowers:
                self.before = torch.get_num_threads()
            self.borrowers[borrower] = (threading.get_ident(), num_threads)
            torch.set_num_threads(num_threads)

    def give_back(self, borrower: object) -> None:
        with self.lock:
            if self.borrowers.pop(borrower, None) is None:
                return
            # a block around this one, in the same thread, goes on with what it has asked for
            around = [number for thread, number in self.borrowers.values() if thread == threading.get_ident()]
            torch.set_num_threads(around[-1] if around else self.before)


_thread_setting = _SharedThreadSetting()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_thread_setting.begin_in_forked_process)


@contextmanager
def torch_threads(num_threads: int) -> Iterator[None]:
    """Let torch use `num_threads` CPU threads inside the block, and what it used before afterwards."""
    borrower = object()
    try:
        _thread_setting.borrow(borrower, num_threads)
        yield
    finally:
        _thread_setting.give_back(borrower)
