"""The compiled kernels of this package."""

try:
    from Evaluation import _auc_kernel as auc_kernel
    from Evaluation import _ranking_kernel as ranking_kernel
    from Evaluation import _train_statistics_kernel as train_statistics_kernel
except ImportError as error:  # the sources alone, of a clone that was not installed
    raise ImportError("the compiled kernels are missing: run `python -m pip install .` in the clone") from error

__all__ = ["auc_kernel", "ranking_kernel", "train_statistics_kernel"]
