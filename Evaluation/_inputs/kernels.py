"""The compiled kernels of this package."""

try:
    from Evaluation._inputs import auc_kernel, ranking_kernel, train_statistics_kernel
except ImportError as error:  # the sources alone, of a clone that was not installed
    raise ImportError("the compiled kernels are missing: run `python -m pip install .` in the clone") from error

__all__ = ["auc_kernel", "ranking_kernel", "train_statistics_kernel"]
