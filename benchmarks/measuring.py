"""What the benchmarks share: seconds, their median, and the memory of this process."""

import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any


def seconds_of(work: Callable[[], Any], repeats: int = 1) -> list[float]:
    """Return the seconds of each of several calls."""
    seconds = []
    for _ in range(repeats):
        start = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - start)
    return seconds


def describe(seconds: list[float]) -> str:
    return f"median {statistics.median(seconds):9.4f} s  (min {min(seconds):.4f}, max {max(seconds):.4f})"


def ratio(a: list[float], b: list[float]) -> float:
    return statistics.median(a) / statistics.median(b)


def memory_of_this_process(name: str) -> int:
    """Return a line of /proc/self/status in MiB: "VmRSS" is the memory in use, "VmHWM" its peak."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(name + ":")) >> 10


def forget_memory_peak() -> None:
    """Start the peak of this process anew."""
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
