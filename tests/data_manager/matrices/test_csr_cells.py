"""Cells of csr matrices by hand."""

import numpy as np
import scipy.sparse as sps

from Data_manager._matrices.csr_cells import cell_keys, with_cells


def test_cells_by_hand() -> None:
    matrix = sps.csr_matrix(np.array([[0, 5, 6], [0, 0, 0], [7, 0, 8]]))
    assert cell_keys(matrix).tolist() == [1, 2, 6, 8]
    kept = with_cells(matrix, np.array([False, True, True, False]))
    np.testing.assert_array_equal(kept.toarray(), [[0, 0, 6], [0, 0, 0], [7, 0, 0]])
    assert kept.dtype == matrix.dtype and matrix.nnz == 4
    large = sps.csr_matrix(([1.0], ([99_999], [99_999])), shape=(100_000, 100_000))
    assert cell_keys(large).tolist() == [10**10 - 1]
