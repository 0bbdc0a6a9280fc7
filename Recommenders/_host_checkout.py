"""Looks whether a checkout of the host framework is used where there is one, and on a numpy that it runs on.

Where it is not, what goes wrong comes much later and says nothing of the reason: a module of the host's that cannot be
found, results of other classes than the host's, an attribute that numpy no longer has. Hence the one look at the import
of the recommender, at a few names in the current folder and those above it.
"""

import inspect
from pathlib import Path

from recsys_common.messages import warn


def warn_of_the_host(base_class: type, numpy_version: str) -> None:
    """Warn, from the module that a user imports, of what `trouble_with_the_host` finds."""
    try:
        trouble = trouble_with_the_host(Path(inspect.getfile(base_class)).resolve(), numpy_version, Path.cwd())
    except OSError:  # the current folder is gone, or may not be read: there is nothing to tell
        return
    if trouble is not None:
        warn(trouble, stacklevel=3)


def trouble_with_the_host(base_file: Path, numpy_version: str, current_folder: Path) -> str | None:
    """What is wrong between the host and this process, or None.

    Parameters
    ----------
    base_file : Path
        Where the base class of the recommender was found.
    numpy_version : str
    current_folder : Path
        A checkout of the host is expected here or above.
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
        if folder == used:  # a clone of this project, wherever it lies
            return None
        if _is_host(folder):
            return (
                f"the host framework in {folder} is not used: BaseMatrixFactorizationRecommender is {base_file}; "
                "start Python in the host's folder, or put it first on sys.path"
            )
    return None


def _is_host(folder: Path) -> bool:
    # recsys_common is in every folder that has this project's packages, and in no other
    return (folder / "Recommenders" / "BaseRecommender.py").is_file() and not (folder / "recsys_common").is_dir()
