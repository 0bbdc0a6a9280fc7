"""The compiled kernels: their names, directives and flags. Everything else is in pyproject.toml."""

import os
import platform
import sys
from collections.abc import Sequence
from pathlib import Path

from Cython.Build import cythonize
from setuptools import Extension, setup

PYTORCH = "Recommenders.MatrixFactorization.PyTorch."
KERNELS = {
    "Recommenders._ranking.top_k_kernel": "c++",
    "Recommenders._ranking.product_kernel": "c++",
    PYTORCH + "_epochs.shuffle_kernel": "c++",
    "Evaluation._inputs.ranking_kernel": "c++",
    "Evaluation._inputs.auc_kernel": "c",
    "Evaluation._inputs.train_statistics_kernel": "c",
}

# Built for every processor of its kind, and once more as <name>_avx2; which of the two runs is chosen at import.
DISPATCHED_KERNELS = ["Recommenders._ranking.factor_kernel", PYTORCH + "_fused.kernel"]

# Kernels whose sums keep the order in which they are written, even where loops are vectorised.
ORDERED_KERNELS = ["Recommenders._ranking.factor_kernel"]

# RECSYS_MF_BASELINE_ONLY=1 leaves the builds for newer processors out.
DISPATCH = (
    sys.platform == "linux" and platform.machine() == "x86_64" and os.environ.get("RECSYS_MF_BASELINE_ONLY", "0") != "1"
)
INSTRUCTION_SETS = {"": [], "_avx2": ["-mavx2", "-mfma"]} if DISPATCH else {"": []}

# RECSYS_MF_BOUNDS_CHECKS=1 builds kernels that raise IndexError on any access outside an array.
BOUNDS_CHECKS = os.environ.get("RECSYS_MF_BOUNDS_CHECKS", "0") == "1"

# An associative sum may be vectorised; infinities and NaN keep their meaning, which -ffast-math would take away.
# Debug information, which Python's own flags ask for, is left out: it takes a quarter of the compiler's time.
UNIX_FLAGS = ["-O3", "-fassociative-math", "-fno-signed-zeros", "-fno-trapping-math", "-fno-math-errno", "-g0"]
FLAGS = (
    {"c": ["/O2"], "c++": ["/O2", "/std:c++17"]}
    if sys.platform == "win32"
    else {"c": UNIX_FLAGS, "c++": [*UNIX_FLAGS, "-std=c++17", "-Wno-psabi"]}
)

MACROS = [("RECSYS_MF_DISPATCH", "1")] * DISPATCH + [("RECSYS_MF_BOUNDS_CHECKS", "1")] * BOUNDS_CHECKS

DIRECTIVES = {
    "language_level": 3,
    "boundscheck": BOUNDS_CHECKS,
    "wraparound": False,
    "cdivision": True,
    "initializedcheck": False,
    "freethreading_compatible": True,
}

# A folder for each kind of build, always written anew: sources that were generated for another build must not be used.
BUILD_FOLDER = "build/cython_bounds_checks" if BOUNDS_CHECKS else "build/cython"


def extension(name: str, language: str, suffix: str = "", flags: Sequence[str] = ()) -> Extension:
    """Describe the extension module `name` + `suffix`, from the source of `name`."""
    source = Path(*name.split(".")).with_suffix(".pyx")
    ordered = ["-fno-associative-math"] if name in ORDERED_KERNELS and sys.platform != "win32" else []
    return Extension(
        name + suffix,
        [source.as_posix()],
        language=language,
        include_dirs=["recsys_common/native", source.parent.as_posix()],
        define_macros=MACROS,
        extra_compile_args=[*FLAGS[language], *ordered, *flags],
    )


def generate(extensions: list[Extension], suffix: str = "") -> list[Extension]:
    """Let Cython write the C or C++ source of the extensions."""
    return cythonize(extensions, build_dir=BUILD_FOLDER + suffix, compiler_directives=DIRECTIVES, force=True)


# the largest first, since they are compiled at once, on as many processors as there are
extensions = []
for suffix, flags in INSTRUCTION_SETS.items():
    extensions += generate([extension(name, "c++", suffix, flags) for name in DISPATCHED_KERNELS], suffix)
extensions += generate([extension(name, language) for name, language in KERNELS.items()])

setup(ext_modules=extensions, options={"build_ext": {"parallel": True}})
