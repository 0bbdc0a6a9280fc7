"""Hashes of files."""

import hashlib
from pathlib import Path

from recsys_common.files import open_regular

# Python is needed between two blocks, and in a busy process each time waited for
_BLOCK_BYTES = 2**24


def hash_of_file(path: Path, algorithm: str) -> str:
    """The hexadecimal hash of a regular file's content, by "sha256" or "md5"."""
    digest = hashlib.new(algorithm, usedforsecurity=False)
    with open_regular(path, buffering=0) as file:
        while block := file.read(_BLOCK_BYTES):
            digest.update(block)
    return digest.hexdigest()
