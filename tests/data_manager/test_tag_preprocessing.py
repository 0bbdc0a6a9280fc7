"""Tags to tokens."""

import subprocess
import sys

import pytest

from Data_manager.TagPreprocessing import tagFilter, tagFilterAndStemming


@pytest.mark.parametrize(
    ("tag", "words", "stems"),
    [
        ("Robots", ["Robots"], ["robot"]),
        ("based on a book", ["based", "book"], ["base", "book"]),
        ("sci-fi_classic!!  1968", ["sci", "fi", "classic", "1968"], ["sci", "fi", "classic", "1968"]),
        ("THE and Of", [], []),
        ("Almodóvar", ["Almodóvar"], ["almodóvar"]),
        ("", [], []),
        ("?!", [], []),
        ("running running", ["running", "running"], ["run", "run"]),
    ],
)
def test_tag_becomes_these_words_and_stems(tag: str, words: list[str], stems: list[str]) -> None:
    assert tagFilter(tag) == words
    assert tagFilterAndStemming(tag) == stems


@pytest.mark.parametrize("function", [tagFilter, tagFilterAndStemming])
@pytest.mark.parametrize("tag", [None, float("nan"), 3])
def test_tag_that_is_no_text_is_refused(function: object, tag: object) -> None:
    with pytest.raises(TypeError, match="originalTag must be a string"):
        function(tag)


def test_importing_and_using_it_needs_no_network_and_importing_loads_nothing() -> None:
    program = """
import socket, sys
def refuse(*args, **kwargs):
    raise RuntimeError("the network was used")
socket.socket.connect = refuse
socket.getaddrinfo = refuse
import Data_manager.TagPreprocessing as module
print(sorted({"nltk", "sklearn", "pandas"} & set(sys.modules)), module.tagFilterAndStemming("Robots and cats"))
"""
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert run.stdout == "[] ['robot', 'cat']\n"
