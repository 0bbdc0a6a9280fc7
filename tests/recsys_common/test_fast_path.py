"""A faster form answers for the slow method that it was written for, and for no other."""

import functools

import pytest

from recsys_common.fast_path import faster_form, faster_form_of


class Slow:
    def total(self, n):
        return sum(range(n))

    @faster_form_of(total)
    def fast_total(self, n):
        return n * (n - 1) // 2


class ReplacesSlow(Slow):
    def total(self, n):
        return -super().total(n)


class Wraps(Slow):
    @functools.wraps(Slow.total)
    def total(self, n):
        return -super().total(n)


class ReplacesFastWithoutMark(Slow):
    def fast_total(self, n):
        return -1


class ReplacesBoth(Slow):
    def total(self, n):
        return 2 * super().total(n)

    @faster_form_of(total)
    def fast_total(self, n):
        return n * (n - 1)


@pytest.mark.parametrize("cls", [Slow, type("Inherits", (Slow,), {}), ReplacesBoth])
def test_the_faster_form_is_given_while_the_slow_method_is_its_own(cls):
    owner = cls()
    form = faster_form(owner, "total", "fast_total")
    assert form is not None and form(10) == owner.total(10)


@pytest.mark.parametrize("cls", [ReplacesSlow, Wraps, ReplacesFastWithoutMark])
def test_a_class_that_replaces_one_of_the_two_has_no_faster_form(cls):
    assert faster_form(cls(), "total", "fast_total") is None


def test_a_patch_of_the_object_or_of_the_class_takes_the_faster_form_away(monkeypatch):
    owner = Slow()
    for replacement in (lambda n: 0, ReplacesSlow().total, Slow().total):  # the last one is of another object
        owner.total = replacement
        assert faster_form(owner, "total", "fast_total") is None
    del owner.total
    monkeypatch.setattr(Slow, "total", functools.wraps(Slow.total)(lambda self, n: 0))
    assert faster_form(owner, "total", "fast_total") is None


def test_an_object_without_a_faster_form_has_none():
    class Plain:
        total = staticmethod(sum)

    assert faster_form(Plain(), "total", "fast_total") is None
