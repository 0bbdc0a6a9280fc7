import numpy as np
import pytest
import scipy.sparse as sps
import torch
from torch.utils.data import DataLoader

from Recommenders.MatrixFactorization.PyTorch._model import FactorizationModel
from Recommenders.MatrixFactorization.PyTorch.MF_MSE_PyTorch_model import DatasetIterator_URM, MF_MSE_PyTorch_model


def test_the_notebook_names_are_there():
    model = MF_MSE_PyTorch_model(6, 5, 3)
    assert (model.n_users, model.n_items, model.n_factors) == (6, 5, 3)
    assert isinstance(model.user_factors, torch.nn.Embedding) and model.user_factors.weight.shape == (6, 3)
    assert isinstance(model.item_factors, torch.nn.Embedding) and model.item_factors.weight.shape == (5, 3)
    assert isinstance(model.layer_1, torch.nn.Linear) and model.layer_1.weight.shape == (1, 3)
    assert isinstance(model.activation_function, torch.nn.ReLU)
    assert model.USER_factors is model.user_factors and model.ITEM_factors is model.item_factors


def test_the_aliases_add_no_keys_to_the_state():
    keys = {"user_factors.weight", "item_factors.weight", "layer_1.weight", "layer_1.bias"}
    assert set(MF_MSE_PyTorch_model(6, 5, 3).state_dict()) == keys


def test_forward_is_the_formula():
    model = MF_MSE_PyTorch_model(6, 5, 3)
    users, items = torch.tensor([0, 3, 3]), torch.tensor([4, 4, 1])
    prediction = model(users, items)
    assert prediction.shape == (3, 1)
    w, b = model.layer_1.weight[0].detach().numpy(), model.layer_1.bias.item()
    expected = np.maximum((model.get_W()[users] * model.get_H()[items]) @ w + b, 0)
    np.testing.assert_allclose(prediction[:, 0].detach().numpy(), expected, atol=1e-6)


def test_the_factors_are_float32_copies():
    model = MF_MSE_PyTorch_model(6, 5, 3)
    for read, n_rows in ((model.get_W, 6), (model.get_H, 5), (model.get_USER_factors, 6), (model.get_ITEM_factors, 5)):
        factors = read()
        assert factors.shape == (n_rows, 3) and factors.dtype == np.float32
        factors[:] = 99
        assert not (read() == 99).any()


def test_the_start_is_that_of_torch():
    torch.manual_seed(0)
    model = MF_MSE_PyTorch_model(600, 500, 25)
    assert model.get_W().std() == pytest.approx(1, rel=0.05)
    assert model.layer_1.weight.abs().max() <= 0.2
    torch.manual_seed(0)
    np.testing.assert_array_equal(model.get_W(), MF_MSE_PyTorch_model(600, 500, 25).get_W())


def test_building_the_core_model_leaves_the_torch_state_alone():
    torch.manual_seed(0)
    FactorizationModel(6, 5, 3, use_bias=True)
    after = torch.rand(2)
    torch.manual_seed(0)
    assert torch.equal(after, torch.rand(2))


@pytest.mark.parametrize("sizes", [(0, 5, 3), (6, -1, 3), (6, 5, 0), (6.0, 5, 3), ("6", 5, 3)])
def test_bad_sizes_are_refused(sizes):
    with pytest.raises((TypeError, ValueError), match="must be"):
        MF_MSE_PyTorch_model(*sizes)


def test_the_iterator_has_every_rating_once(tiny_URM):
    iterator = DatasetIterator_URM(tiny_URM)
    assert iterator.n_data_points == len(iterator) == 8
    assert iterator.user_item_coordinates.shape == (8, 2) and iterator.user_item_coordinates.dtype == torch.int64
    assert iterator.rating.shape == (8,) and iterator.rating.dtype == torch.float32
    rebuilt = np.zeros(tiny_URM.shape)
    for index in range(len(iterator)):
        (user, item), rating = iterator[index]
        rebuilt[user, item] += rating
    np.testing.assert_array_equal(rebuilt, tiny_URM.toarray())


def test_the_iterator_works_in_a_data_loader(tiny_URM):
    batches = list(DataLoader(DatasetIterator_URM(tiny_URM), batch_size=3, shuffle=True))
    assert [tuple(pairs.shape) for pairs, _ in batches] == [(3, 2), (3, 2), (2, 2)]
    assert sum(ratings.sum() for _, ratings in batches) == tiny_URM.sum()


def test_ids_beyond_float32_are_exact():
    far = 2**24 + 1
    URM = sps.csr_matrix((np.array([1.0]), (np.array([0]), np.array([far]))), shape=(1, far + 1))
    pair, _ = DatasetIterator_URM(URM)[0]
    assert pair.tolist() == [0, far]
    URM = sps.csr_matrix((np.array([1.0]), (np.array([far]), np.array([0]))), shape=(far + 1, 1))
    assert DatasetIterator_URM(URM)[0][0].tolist() == [far, 0]
