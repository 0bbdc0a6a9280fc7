"""What the packages say while they work: lines, progress bars and warnings that cost no one their work.

A message is worth less than the work that it is about. What it is written to may be closed, a broken pipe, of an
encoding that lacks a letter, a notebook without its widgets, or another program's object: the message is lost then,
and nothing else. Ctrl-C goes through.
"""

import os
import sys
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from importlib import import_module
from types import TracebackType
from typing import Any, Self

# tqdm takes longer to load than many a data set: only a bar loads it. The first one is the best for this place, a
# notebook's perhaps, which can be missing its widgets where the second one, made of text, is not.
_BARS = ("tqdm.auto", "tqdm.std")


def say(text: str, *, end: str = "\n", flush: bool = False) -> None:
    """Print a text above any progress bar, or nothing where printing fails.

    Parameters
    ----------
    text : str
        Letters that the output's encoding lacks are shown as escapes.
    end : str, default a new line
    flush : bool, default False
        Whether it has to be seen at once.
    """
    is_written = False
    with suppress(Exception), _bars_held_back():
        is_written = True
        _write(text + end, flush)
    # a bar that another program has left half made fails as it is cleared, or drawn again
    if not is_written:
        _write(text + end, flush)


def _bars_held_back() -> AbstractContextManager[Any]:
    """Clear the bars, and draw them again afterwards; without tqdm loaded there are no bars.

    It does not wait for tqdm's lock: an interrupt in the midst of another program's bar leaves it taken for ever, and a
    line that mingles with a bar is better than a thread that stands still.
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
        # in one call, since two threads may have something to say
        try:
            stream.write(text)
        except UnicodeEncodeError:
            encoding = stream.encoding  # the error's own name for it may be "charmap", which is many
            stream.write(text.encode(encoding, "backslashreplace").decode(encoding))
        if flush:
            stream.flush()


def finish_output() -> None:
    """Write what a script has printed, at its end; where that fails Python would end with an error of its own."""
    if sys.stdout is None:
        return
    try:
        sys.stdout.flush()
    except Exception:
        # what is left cannot be written anywhere, and is tried again when the interpreter ends
        with suppress(Exception):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def warn(message: str, *, stacklevel: int = 1) -> None:
    """Warn with a UserWarning; only a filter that turns it into an error raises, and raises that.

    Where the result of the work is returned this comes before the work, else after the result is in its place.

    Parameters
    ----------
    message : str
    stacklevel : int, default 1
        As in `warnings.warn`: 1 is the line that calls this function.
    """
    try:
        warnings.warn(message, UserWarning, stacklevel=stacklevel + 1)
    except Warning:
        raise
    except Exception:  # a stderr that is closed, or a filter's own hook
        return


class ProgressBar:
    """A tqdm bar that ends, at the latest, where anything about it fails.

    Parameters
    ----------
    total : int
        Units of the work.
    verbose : bool, default True
        Whether there is a bar.
    **arguments
        Of tqdm, such as `desc`, `unit`, `leave`, `delay`.
    """

    def __init__(self, total: int, *, verbose: bool = True, **arguments: Any) -> None:
        self._bar: Any = None
        if verbose:
            for name in _BARS:
                with suppress(Exception), _lock_given_back():
                    self._bar = import_module(name).tqdm(total=total, **arguments)
                    break

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def update(self, n_units: int = 1) -> None:
        """Count units that are done."""
        self._attempt(lambda bar: bar.update(n_units))

    def show(self, values: Mapping[str, Any]) -> None:
        """Show values behind the bar, numbers with four decimals, when it is drawn the next time."""
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
            self._bar.disable = True  # so that it stays silent when it is deleted
            self._bar = None


@contextmanager
def _lock_given_back() -> Iterator[None]:
    """Give tqdm's lock back to the bars of other threads, which an interrupt in the midst of a bar leaves taken."""
    try:
        yield
    except KeyboardInterrupt:
        with suppress(Exception):
            for lock in sys.modules["tqdm.std"].tqdm.get_lock().locks:
                with suppress(Exception):  # one that is not held any more
                    while True:
                        lock.release()
        raise


def _short(value: Any) -> str:
    return value if isinstance(value, str) else f"{value:.4f}"
