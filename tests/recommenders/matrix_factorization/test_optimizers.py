import pytest
import torch

from Recommenders.MatrixFactorization.PyTorch._optimizers import RowAdagrad, RowAdam, RowRMSprop, RowSGD

PAIRS = {
    "sgd": (RowSGD, torch.optim.SGD, {}),
    "adagrad": (RowAdagrad, torch.optim.Adagrad, {}),
    "adam": (RowAdam, torch.optim.Adam, {}),
    "rmsprop": (RowRMSprop, torch.optim.RMSprop, {}),
}
N_ROWS, N_COLUMNS = 6, 3


def run(optimizer_class, batches, sparse, **arguments):
    """The table after one step for each batch of rows, for a loss with a gradient that depends on the table."""
    generator = torch.Generator().manual_seed(0)
    table = torch.nn.Embedding(N_ROWS, N_COLUMNS, sparse=sparse)
    with torch.no_grad():
        table.weight.copy_(torch.randn(N_ROWS, N_COLUMNS, generator=generator))
    optimizer = optimizer_class(table.parameters(), 0.05, **arguments)
    for rows in batches:
        optimizer.zero_grad()
        (table(torch.tensor(rows)) - 1).pow(2).sum().backward()
        optimizer.step()
    return table.weight.detach().clone()


@pytest.mark.parametrize("name", PAIRS)
@pytest.mark.parametrize("sparse", [True, False])
def test_equals_torch_where_every_batch_touches_every_row(name, sparse):
    row_wise, torch_class, arguments = PAIRS[name]
    batches = [[0, 1, 2, 3, 4, 5, 2, 2]] * 20
    torch.testing.assert_close(
        run(row_wise, batches, sparse), run(torch_class, batches, False, **arguments), rtol=1e-5, atol=1e-6
    )


@pytest.mark.parametrize("name", ["sgd", "adagrad"])
def test_sgd_and_adagrad_equal_torch_whatever_rows_are_touched(name):
    row_wise, torch_class, _ = PAIRS[name]
    batches = [[0, 1, 1], [4], [0, 5, 5, 5], [1, 2]] * 5
    torch.testing.assert_close(run(row_wise, batches, True), run(torch_class, batches, False), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("name", PAIRS)
def test_untouched_rows_rest(name):
    row_wise = PAIRS[name][0]
    before = run(row_wise, [[0, 1, 2, 3, 4, 5]], True)
    after = run(row_wise, [[0, 1, 2, 3, 4, 5]] + [[2, 3]] * 5, True)
    rest = [0, 1, 4, 5]
    assert torch.equal(before[rest], after[rest])
    assert not torch.equal(before[2], after[2])


def test_adam_corrects_its_bias_by_the_global_step():
    # row 1 is touched for the first time in the second step: m = 0.1 g and v = 0.001 g^2, corrected for two steps
    table = torch.nn.Embedding(2, 1, sparse=True)
    with torch.no_grad():
        table.weight.fill_(0.0)
    optimizer = RowAdam(table.parameters(), 0.1)
    for rows in ([0], [1]):
        optimizer.zero_grad()
        table(torch.tensor(rows)).sum().backward()
        optimizer.step()
    expected = -0.1 * (0.1 / (1 - 0.9**2)) / ((0.001 / (1 - 0.999**2)) ** 0.5 + 1e-8)
    assert table.weight[1].item() == pytest.approx(expected, rel=1e-5)


def test_a_closure_is_called_and_its_loss_returned():
    parameter = torch.nn.Parameter(torch.ones(2))
    optimizer = RowSGD([parameter], 0.5)

    def closure():
        optimizer.zero_grad()
        loss = parameter.sum()
        loss.backward()
        return loss

    assert optimizer.step(closure).item() == 2.0
    assert parameter.tolist() == [0.5, 0.5]
