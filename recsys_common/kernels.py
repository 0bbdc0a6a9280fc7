"""Importing the build of a kernel that suits the processor."""

import importlib
from types import ModuleType


def import_kernel(name: str) -> ModuleType:
    """Import the module `name`, or `<name>_avx2` where there is one and the processor can run it.

    ImportError, with what to do, where the kernels are not compiled, as in a clone that is not installed.
    """
    try:
        kernel = importlib.import_module(name)
    except ImportError as error:
        raise ImportError("the compiled kernels are missing: run `python -m pip install .` in the clone") from error
    has_faster_build = hasattr(kernel, "use_avx2") and kernel.use_avx2()
    return importlib.import_module(f"{name}_avx2") if has_faster_build else kernel
