"""The statistics that a data set prints, to the letter, and the Gini index."""

import doctest

import numpy as np
import pytest
import scipy.sparse as sps

from Data_manager import Dataset as dataset_module
from Data_manager._statistics import numbers as _statistics
from Data_manager.Dataset import Dataset, gini_index
from tests.reference.data_statistics import gini_by_pairs
from tests.reference.data_toy import toy

EXPECTED_STATISTICS = (
    "DataReader: current dataset is: Toy\n"
    "\tNumber of items: 4\n"
    "\tNumber of users: 3\n"
    "\tNumber of interactions in URM_all: 6\n"
    "\tValue range in URM_all: 0.50-5.00\n"
    "\tInteraction density: 5.00E-01\n"
    "\tInteractions per user:\n"
    "\t\t Min: 1.00E+00\n"
    "\t\t Avg: 2.00E+00\n"
    "\t\t Max: 3.00E+00\n"
    "\tInteractions per item:\n"
    "\t\t Min: 0.00E+00\n"
    "\t\t Avg: 1.50E+00\n"
    "\t\t Max: 3.00E+00\n"
    "\tGini Index: 0.22\n"
    "\n"
)
EXPECTED_ICMS = (
    "\tICM name: ICM_genres, Value range: 1.00 / 1.00, Num features: 3, feature occurrences: 6, density 5.00E-01\n"
    "\tICM name: ICM_year, Value range: 1.98E+03 / 2.00E+03, Num features: 1, feature occurrences: 3, "
    "density 7.50E-01\n\n\n"
)
EXPECTED_UCMS = (
    "\tUCM name: UCM_all, Value range: 1.00 / 1.00, Num features: 2, feature occurrences: 3, density 5.00E-01\n\n\n"
)


def test_statistics_are_printed_to_the_letter(capsys: pytest.CaptureFixture[str]) -> None:
    toy().print_statistics()
    assert capsys.readouterr().out == EXPECTED_STATISTICS + EXPECTED_ICMS + EXPECTED_UCMS


def test_statistics_without_features_end_after_the_interactions(capsys: pytest.CaptureFixture[str]) -> None:
    Dataset("Toy", {"URM_all": toy().get_URM_all()}).print_statistics()
    assert capsys.readouterr().out == EXPECTED_STATISTICS


@pytest.mark.parametrize(("largest", "expected"), [(100.0, "1.00 / 100.00"), (100.5, "1.00E+00 / 1.00E+02")])
def test_value_range_of_features_changes_its_form_above_100(largest: float, expected: str) -> None:
    line = _statistics.features_line("ICM", "x", sps.csr_matrix(np.array([[1.0, largest]])))
    assert f"Value range: {expected}," in line
    negative = _statistics.features_line("ICM", "x", sps.csr_matrix(np.array([[-largest, 1.0]])))
    assert f"Value range: -{expected.split(' / ')[1]} /" in negative


@pytest.mark.parametrize("amounts", [[3, 1, 2], [5, 5, 5], [0, 0, 7], [-2, 4, 0.5, 9], [1], list(range(50))])
def test_gini_equals_its_definition_by_pairs(amounts: list[float]) -> None:
    assert gini_index(np.array(amounts)) == pytest.approx(gini_by_pairs(amounts), abs=1e-12)
    assert gini_index(amounts[::-1]) == gini_index(amounts)


def test_gini_by_hand_and_without_changing_its_input() -> None:
    amounts = np.array([3.0, 1.0, 2.0])
    assert gini_index(amounts) == pytest.approx(2 / 9, abs=1e-6)
    assert amounts.tolist() == [3, 1, 2]
    assert gini_index([0, 0, 0]) == pytest.approx(0)
    assert gini_index(np.ones(10**6, dtype=np.float32)) == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize("amounts", [[], [1.0, np.nan], [np.inf]])
def test_gini_of_nothing_or_of_no_numbers_is_refused(amounts: list[float]) -> None:
    with pytest.raises(ValueError, match="array must be"):
        gini_index(amounts)


def test_examples_run() -> None:
    assert doctest.testmod(_statistics).failed == 0
    assert dataset_module.gini_index is _statistics.gini_index
