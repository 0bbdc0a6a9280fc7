"""A check, at import, that a checkout of the host framework in or above the current folder is used, on a fitting numpy.

Without it the errors come much later and do not tell the reason: a missing module of the host, results of other classes
than the host's, an attribute that numpy no longer has.
"""

import inspect
from pathlib import Path

from recsys_common.messages import warn


def warn_of_the_host(base_class: type, numpy_version: str) -> None:
    """Warn of what `trouble_with_the_host` finds, at the user's line that imports the calling module."""
    try:
        trouble = trouble_with_the_host(Path(inspect.getfile(base_class)).resolve(), numpy_version, Path.cwd())
    except OSError:  # the current folder is gone, or may not be read
        return
    if trouble is not None:
        warn(trouble, stacklevel=3)


def trouble_with_the_host(base_file: Path, numpy_version: str, current_folder: Path) -> str | None:
    """Return a text if a checkout of the host is there but not used, or is used with a numpy that it does not run on.

    `base_file` is the file of the recommender's base class; a checkout is looked for in `current_folder` and above.
    """
    used = base_file.parents[1]
    if _is_host(used):
        if int(numpy_version.split(".")[0]) >= 2:
            return (
                f"the host framework in {used} does not run on numpy {numpy_version}, only below 2; "
                'python -m pip install -c constraints-host.txt ".[host]" installs what it runs on'
            )
        return None
    for folder in (current_folder, *current_folder.parents):
        if folder == used:  # a clone of this project
            return None
        if _is_host(folder):
            return (
                f"the host framework in {folder} is not used: BaseMatrixFactorizationRecommender is {base_file}; "
                "start Python in the host's folder, or put it first on sys.path"
            )
    return None


def _is_host(folder: Path) -> bool:
    # recsys_common marks the folders with this project's packages
    return (folder / "Recommenders" / "BaseRecommender.py").is_file() and not (folder / "recsys_common").is_dir()
