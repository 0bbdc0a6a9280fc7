"""The compiled kernels: their names, directives and flags. Everything else is in pyproject.toml."""

import os
import platform
import sys
from collections.abc import Sequence
from pathlib import Path

from Cython.Build import cythonize
from setuptools import Extension, setup

PYTORCH = "Recommenders.MatrixFactorization.PyTorch."
KERNELS = ["Recommenders._top_k_kernel", PYTORCH + "_shuffle_kernel"]

# Built once for every processor of its kind, and once more for those with AVX2; which one runs is chosen at import.
DISPATCHED_KERNELS = [PYTORCH + "_fused_kernel"]
INSTRUCTION_SETS = {"": []}
if platform.machine().lower() in ("x86_64", "amd64") and sys.platform != "win32":
    INSTRUCTION_SETS["_avx2"] = ["-mavx2", "-mfma"]

# An associative sum may be vectorised; infinities and NaN keep their meaning, which -ffast-math would take away.
if sys.platform == "win32":
    FLAGS = {"c": ["/O2"], "c++": ["/O2", "/std:c++17"]}
else:
    common = ["-O3", "-fassociative-math", "-fno-signed-zeros", "-fno-trapping-math", "-fno-math-errno", "-Wno-psabi"]
    FLAGS = {"c": common, "c++": [*common, "-std=c++17"]}

# RECSYS_MF_BOUNDS_CHECKS=1 builds kernels that raise IndexError on any access outside an array.
BOUNDS_CHECKS = os.environ.get("RECSYS_MF_BOUNDS_CHECKS", "0") == "1"

DIRECTIVES = {
    "language_level": 3,
    "boundscheck": BOUNDS_CHECKS,
    "wraparound": False,
    "cdivision": True,
    "initializedcheck": False,
    "freethreading_compatible": True,
}

# Two folders, and always anew: what was generated with other directives must not be taken for what is asked for.
BUILD_FOLDER = "build/cython_bounds_checks" if BOUNDS_CHECKS else "build/cython"


def extension(name: str, suffix: str = "", language: str = "c", flags: Sequence[str] = ()) -> Extension:
    """The extension module `name` + `suffix` from the source of `name`."""
    source = Path(*name.split(".")).with_suffix(".pyx")
    return Extension(
        name + suffix,
        [source.as_posix()],
        language=language,
        include_dirs=[source.parent.as_posix()],
        extra_compile_args=[*FLAGS[language], *flags],
        define_macros=[("RECSYS_MF_BOUNDS_CHECKS", "1")] if BOUNDS_CHECKS else [],
    )


def compile_to_c(extensions: list[Extension], suffix: str = "") -> list[Extension]:
    return cythonize(extensions, build_dir=BUILD_FOLDER + suffix, compiler_directives=DIRECTIVES, force=True)


extensions = compile_to_c([extension(name) for name in KERNELS])
for suffix, flags in INSTRUCTION_SETS.items():
    extensions += compile_to_c([extension(name, suffix, "c++", flags) for name in DISPATCHED_KERNELS], suffix)

setup(ext_modules=extensions)
