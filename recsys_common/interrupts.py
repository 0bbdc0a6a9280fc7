"""Ctrl-C while a script imports its libraries."""

import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

INTERRUPTED = 130  # the shell's exit status after Ctrl-C


@contextmanager
def interrupt_ends_process() -> Iterator[None]:
    """Let Ctrl-C end the process at once, with one line and exit status 130, until the block ends.

    For a script's slow imports, during which a KeyboardInterrupt gives a long traceback, or aborts the process inside a
    library's C++ code. In a notebook, and in a program that ignores or handles Ctrl-C itself, nothing changes.
    """
    is_main_thread = threading.current_thread() is threading.main_thread()
    is_notebook = "ipykernel" in sys.modules  # its process must outlive the script
    if not is_main_thread or is_notebook or signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
        yield
        return
    signal.signal(signal.SIGINT, _end)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def _end(number: int, frame: FrameType | None) -> None:
    os.write(2, b"\nInterrupted.\n")  # sys.stderr may be what was interrupted
    os._exit(INTERRUPTED)
