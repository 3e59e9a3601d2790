import pytest
import torch

from seqcnn.models.local_response import local_response


@pytest.mark.parametrize("size", [(3,), (2, 3)])
def test_values_are_divided_by_a_sum_over_five_neighbouring_maps(size: tuple[int, ...]) -> None:
    x = 50 * torch.randn((2, 7, *size), generator=torch.Generator().manual_seed(0))
    y = local_response()(x)
    for position in range(7):
        neighbours = x[:, max(0, position - 2) : position + 3]
        # The paper's formula: the squares are summed, not averaged.
        expected = x[:, position] / (2 + 1e-4 * neighbours.square().sum(1)) ** 0.75
        torch.testing.assert_close(y[:, position], expected)


def test_other_positions_do_not_matter() -> None:
    x = torch.full((1, 6, 4), 30.0)
    changed = x.clone()
    changed[:, :, 2] = 100.0
    y, y_changed = local_response()(x), local_response()(changed)
    assert (y == y_changed).all(dim=1).tolist() == [[True, True, False, True]]


def test_the_order_in_memory_does_not_matter() -> None:
    x = torch.randn(2, 6, 4, 5, generator=torch.Generator().manual_seed(0))
    last = x.contiguous(memory_format=torch.channels_last)
    torch.testing.assert_close(local_response()(last), local_response()(x))
