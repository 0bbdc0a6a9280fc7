"""Lines, progress bars and warnings that can fail without costing the work that they are about.

The output may be closed, a broken pipe, of an encoding that lacks a letter, a notebook without its widgets, or another
program's object: then the message is lost, and nothing else. Ctrl-C goes through.
"""

import os
import sys
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from importlib import import_module
from types import TracebackType
from typing import Any, Self

# tqdm takes longer to load than a small data set, so only a bar loads it. The first module chooses the best bar, which
# may be a notebook's, and fails without its widgets; the second has plain text bars.
_BARS = ("tqdm.auto", "tqdm.std")


def say(text: str, *, end: str = "\n", flush: bool = False) -> None:
    """Print a text above any progress bar, or nothing where printing fails.

    Letters that the output's encoding lacks are shown as escapes.
    """
    is_written = False
    with suppress(Exception), _bars_held_back():
        is_written = True
        _write(text + end, flush)
    # clearing the bars fails where another program has left one half made
    if not is_written:
        _write(text + end, flush)


def finish_output() -> None:
    """Flush a script's output at its end, where a failure would make Python itself end with an error."""
    if sys.stdout is None:
        return
    try:
        sys.stdout.flush()
    except Exception:
        # Python tries again when it ends, and must then succeed
        with suppress(Exception):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def warn(message: str, *, stacklevel: int = 1) -> None:
    """Warn with a UserWarning; the only error is the warning itself, where a filter turns it into one.

    Call it before work whose result is returned, and after work whose result is stored. `stacklevel` is as in
    `warnings.warn`: 1 is the line that calls this function.
    """
    try:
        warnings.warn(message, UserWarning, stacklevel=stacklevel + 1)
    except Warning:
        raise
    except Exception:  # a closed stderr, or somebody's own way of showing warnings
        return


class ProgressBar:
    """A tqdm bar for `total` units of work, which disappears where drawing it fails; without `verbose` there is no bar.

    The other arguments, such as `desc`, `unit`, `leave`, `delay`, are those of tqdm.
    """

    def __init__(self, total: int, *, verbose: bool = True, **arguments: Any) -> None:
        self._bar: Any = None
        if verbose:
            for name in _BARS:
                with suppress(Exception), _lock_given_back():
                    self._bar = import_module(name).tqdm(total=total, **arguments)
                    break

    def __enter__(self) -> Self:
        """Return the bar."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """End the bar."""
        self.close()

    def update(self, n_units: int = 1) -> None:
        """Count units that are done."""
        self._attempt(lambda bar: bar.update(n_units))

    def show(self, values: Mapping[str, Any]) -> None:
        """Show values behind the bar, numbers with four decimals, when it is next drawn."""
        self._attempt(lambda bar: bar.set_postfix({k: _short(v) for k, v in values.items()}, refresh=False))

    def reset(self) -> None:
        """Count from 0 again."""
        self._attempt(lambda bar: bar.reset())

    def close(self) -> None:
        """End the bar; a second call does nothing."""
        self._attempt(lambda bar: bar.close())

    def _attempt(self, action: Callable[[Any], Any]) -> None:
        if self._bar is None:
            return
        try:
            with _lock_given_back():
                action(self._bar)
        except Exception:
            self._bar.disable = True  # else it writes when it is deleted
            self._bar = None


@contextmanager
def _lock_given_back() -> Iterator[None]:
    """Release tqdm's lock, which an interrupt while a bar is drawn leaves taken, for the bars of other threads."""
    try:
        yield
    except KeyboardInterrupt:
        with suppress(Exception):
            for lock in sys.modules["tqdm.std"].tqdm.get_lock().locks:
                with suppress(Exception):  # the error of a lock that is not held any more
                    while True:
                        lock.release()
        raise


def _short(value: Any) -> str:
    return value if isinstance(value, str) else f"{value:.4f}"


def _bars_held_back() -> AbstractContextManager[Any]:
    """Clear the bars, and draw them again afterwards; without tqdm loaded there are no bars.

    It does not wait for tqdm's lock, which an interrupt in another program's bar leaves taken for ever: a line mixed
    with a bar is better than a thread that waits for ever.
    """
    for name in _BARS:
        if name in sys.modules:
            held_back: AbstractContextManager[Any] = sys.modules[name].tqdm.external_write_mode(nolock=True)
            return held_back
    return nullcontext()


def _write(text: str, flush: bool) -> None:
    stream = sys.stdout
    if stream is None:  # a program without a console
        return
    with suppress(Exception):
        # in one call, since two threads may write
        try:
            stream.write(text)
        except UnicodeEncodeError:
            encoding = stream.encoding  # not the error's name for it, which may be the general "charmap"
            stream.write(text.encode(encoding, "backslashreplace").decode(encoding))
        if flush:
            stream.flush()
