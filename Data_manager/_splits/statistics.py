"""What a split looks like in numbers: the text blocks that the splitters print."""

from collections.abc import Mapping

import scipy.sparse as sps

from Data_manager._statistics.numbers import density

_TITLES = {"URM_train": "Train \t\t", "URM_validation": "Validation \t", "URM_test": "Test \t\t"}


def parts_block(
    splitter_name: str,
    dataset_name: str,
    URMs: Mapping[str, sps.csr_matrix],
    quotas: Mapping[str, tuple[float, float]] | None = None,
) -> str:
    """The numbers of users and items, and a line for each part, ending in two newlines.

    Parameters
    ----------
    splitter_name, dataset_name : str
        Stand in the first line.
    URMs : mapping of str to scipy.sparse.csr_matrix, shape (n_users, n_items)
        The parts by name.
    quotas : mapping of str to (asked, actual), default None
        The percentages of each part. None: the lines have none.
    """
    n_users, n_items = URMs["URM_train"].shape
    lines = [
        f"{splitter_name}: DataReader: {dataset_name}",
        f"\tNum items: {n_items}",
        f"\tNum users: {n_users}",
    ]
    for name, URM in URMs.items():
        quota = "" if quotas is None else f"quota {quotas[name][0]:.2f} ({quotas[name][1]:.2f}), \t"
        lines.append(f"\t{_TITLES[name]}{quota}interactions {URM.nnz}, \tdensity {density(URM):.2E}")
    return "\n".join(lines) + "\n\n"


def features_block(kind: str, matrices: Mapping[str, sps.csr_matrix]) -> str:
    """A line for each ICM or UCM, ending in two newlines.

    Parameters
    ----------
    kind : str
        "ICM" or "UCM".
    matrices : mapping of str to scipy.sparse.csr_matrix
        By name.
    """
    lines = [
        f"\t{kind} name: {name}, Num features: {matrix.shape[1]}, feature occurrences: {matrix.nnz}, "
        f"density {density(matrix):.2E}"
        for name, matrix in matrices.items()
    ]
    return "\n".join(lines) + "\n\n"
