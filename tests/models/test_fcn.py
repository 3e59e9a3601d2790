import pytest
import torch
from torch import Tensor

from seqcnn.models import create_model
from seqcnn.models.fcn import FCN

both = pytest.mark.parametrize("name", ["fcn_resnet18", "fcn_resnet50"])


def sequences(size: int) -> Tensor:
    return torch.randn((2, 4, size), generator=torch.Generator().manual_seed(0))


@both
@pytest.mark.parametrize("size", [(601,), (64, 51)])
def test_every_position_has_its_prediction(name: str, size: tuple[int, ...]) -> None:
    with torch.device("meta"):
        network = create_model(name, dim=len(size), in_channels=4, out=5)
        assert network(torch.empty(2, 4, *size)).shape == (2, 5, *size)


@both
def test_every_eighth_position_is_scored(name: str) -> None:
    with torch.device("meta"):
        network = create_model(name, dim=1, in_channels=4, out=5)
        assert network.forward_features(torch.empty(2, 4, 600)).shape[2] == 75


def test_pooled_is_the_mean_of_the_scores() -> None:
    network = FCN(1, 4, 3, width=0.1, pooled=True).eval()
    scores: list[Tensor] = []
    network.classifier.register_forward_hook(lambda *call: scores.append(call[2]))
    with torch.inference_mode():
        logits = network(sequences(200))
    assert scores[0].shape == (2, 3, 25)
    torch.testing.assert_close(logits, scores[0].mean(2))


def test_predictions_between_two_scores_lie_on_the_line_between_them() -> None:
    network = FCN(1, 4, 1, width=0.1).eval()
    with torch.inference_mode():
        predictions = network(sequences(80))[0, 0]
    # Scores stand for the middle of 8 positions: 4 to 11 lie between the first and the second.
    steps = predictions[4:12].diff()
    torch.testing.assert_close(steps, steps[:1].expand(7), rtol=1e-3, atol=1e-4)


def test_pooled_and_not_have_the_same_parameters() -> None:
    pooled, not_pooled = (FCN(1, 4, 3, width=0.1, pooled=pooled) for pooled in (True, False))
    not_pooled.load_state_dict(pooled.state_dict())


def test_a_change_far_away_does_not_move_a_prediction() -> None:
    network = FCN(1, 4, 1, width=0.1).eval()
    x = sequences(1600)
    with torch.inference_mode():
        before = network(x)
        x[..., -100:] = 0
        after = network(x)
    assert torch.equal(before[..., :600], after[..., :600])
    assert not torch.equal(before[..., -100:], after[..., -100:])
