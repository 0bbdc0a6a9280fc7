"""Tags as users typed them, turned into tokens.

The stemmer is nltk's `PorterStemmer`, which needs no downloaded data; the stop words are scikit-learn's English list.
The host takes the stop words from a corpus that nltk downloads when the module is imported; the lists differ, so
the numbers of tokens differ a little. Here importing does nothing, and nothing is ever downloaded.
"""

import re
from functools import lru_cache
from typing import Any

# letters and digits of any alphabet stay; "_" counts as a word character for re, but not as alphanumeric
_NOT_ALPHANUMERIC = re.compile(r"[\W_]+")


def tagFilter(originalTag: str) -> list[str]:
    """Return the words of a tag, in their order, without English stop words.

    Parameters
    ----------
    originalTag : str
        Everything that is not a letter or a digit separates words.

    Returns
    -------
    list of str
        The words as they were written; a stop word is left out in capitals too.

    Examples
    --------
    >>> tagFilter("The sci-fi_Classics!")
    ['sci', 'fi', 'Classics']
    """
    stop_words = _stop_words()
    return [word for word in _words(originalTag) if word.lower() not in stop_words]


def tagFilterAndStemming(originalTag: str) -> list[str]:
    """Return the Porter stems of a tag's words, in lower case and in their order, without English stop words.

    Parameters
    ----------
    originalTag : str
        As in `tagFilter`.

    Returns
    -------
    list of str
        A stem that is itself a stop word is left out, as in the host.

    Examples
    --------
    >>> tagFilterAndStemming("Based on a true STORY: robots")
    ['base', 'true', 'stori', 'robot']
    """
    stop_words = _stop_words()
    stems = (_stem(word) for word in _words(originalTag))
    return [stem for stem in stems if stem and stem not in stop_words]


@lru_cache(maxsize=1)
def _stop_words() -> frozenset[str]:
    from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS

    return frozenset(ENGLISH_STOP_WORDS)


@lru_cache(maxsize=1)
def _stemmer() -> Any:
    from nltk.stem.porter import PorterStemmer

    return PorterStemmer()


@lru_cache(maxsize=2**16)
def _stem(word: str) -> str:
    return str(_stemmer().stem(word))


def _words(tag: str) -> list[str]:
    if not isinstance(tag, str):
        raise TypeError(f"originalTag must be a string, got {tag!r}")
    return _NOT_ALPHANUMERIC.sub(" ", tag).split()
