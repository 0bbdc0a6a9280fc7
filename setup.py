"""The compiled kernels: their names, directives and flags. Everything else is in pyproject.toml."""

import os
import sys

from Cython.Build import cythonize
from setuptools import Extension, setup

KERNELS = ["Recommenders._top_k_kernel"]

# An associative sum may be vectorised; infinities and NaN keep their meaning, which -ffast-math would take away.
FLAGS = ["/O2"] if sys.platform == "win32" else ["-O3", "-fassociative-math", "-fno-signed-zeros", "-fno-trapping-math"]

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

extensions = [Extension(name, [name.replace(".", "/") + ".pyx"], extra_compile_args=FLAGS) for name in KERNELS]

# Two folders, and always anew: what was generated with other directives must not be taken for what is asked for.
BUILD_FOLDER = "build/cython_bounds_checks" if BOUNDS_CHECKS else "build/cython"

setup(ext_modules=cythonize(extensions, build_dir=BUILD_FOLDER, compiler_directives=DIRECTIVES, force=True))
