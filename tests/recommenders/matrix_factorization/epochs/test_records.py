import numpy as np
import pytest
import scipy.sparse as sps

from Recommenders.MatrixFactorization.PyTorch._epochs.records import PACKED, WIDE, record_type


def URM_with(*ratings, shape=(3, 4)):
    return sps.csr_matrix((np.array(ratings, dtype=np.float32), (np.arange(len(ratings)), [0] * len(ratings))), shape)


@pytest.mark.parametrize("ratings", [(1, 5), (0.5, 4.5), (-3, 256), (1e38, 0.25)])
def test_short_ratings_are_packed(ratings):
    rounded = np.array(ratings, dtype=np.float32).view(np.uint32) & 0xFFFF0000
    assert record_type(URM_with(*rounded.view(np.float32))) == PACKED


@pytest.mark.parametrize("ratings", [(1, 4.1), (3, 257), (np.float32(1) + np.finfo(np.float32).eps,)])
def test_long_ratings_are_not(ratings):
    assert record_type(URM_with(*ratings)) == WIDE


def test_ids_beyond_24_bits_are_not():
    assert record_type(URM_with(1, shape=(1 << 24, 1))) == PACKED
    assert record_type(URM_with(1, shape=((1 << 24) + 1, 1))) == WIDE
    assert record_type(URM_with(1, shape=(1, (1 << 24) + 1))) == WIDE
