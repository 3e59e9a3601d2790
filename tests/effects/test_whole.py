"""A bundle's networks as one function."""

import torch
from torch import Tensor, nn

from seqcnn.effects.whole import WholeNetwork


class CountA(nn.Module):
    """Logit: `weight` times the number of A in the sequence."""

    def __init__(self, weight: float) -> None:
        super().__init__()
        self.weight = weight

    def forward(self, x: Tensor) -> Tensor:
        return self.weight * x[:, 0].sum(1, keepdim=True)


def one_hot(sequence: str) -> Tensor:
    columns = ["ACGT".index(letter) for letter in sequence]
    return torch.eye(4)[columns].T[None]


def test_one_strand_gives_the_mean_over_members():
    whole = WholeNetwork([CountA(1.0), CountA(3.0)], both_strands=False)
    assert whole(one_hot("AACT")).tolist() == [[4.0]]


def test_both_strands_are_averaged():
    # AACT has two A, its reverse complement AGTT one.
    whole = WholeNetwork([CountA(1.0)], both_strands=True)
    assert whole(one_hot("AACT")).tolist() == [[1.5]]


def test_members_are_shared():
    member = CountA(1.0)
    assert WholeNetwork([member], both_strands=True).members[0] is member
