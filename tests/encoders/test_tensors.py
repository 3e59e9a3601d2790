"""Codes to one-hot tensors on the device."""

import numpy as np
import pytest
import torch

from seqcnn.encoders import dna, tensors


@pytest.mark.parametrize("ambiguous", ["share", "zero"])
def test_expand_gives_what_the_array_encoder_gives(ambiguous: dna.Ambiguous) -> None:
    codes = np.random.default_rng(0).integers(0, 15, (3, 40)).astype(np.uint8)
    x = tensors.expand(torch.from_numpy(codes), ambiguous=ambiguous)
    np.testing.assert_array_equal(x.numpy(), dna.one_hot(codes, ambiguous=ambiguous))
    assert x.is_contiguous()


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16, torch.int8])
def test_expand_gives_the_type_asked_for(dtype: torch.dtype) -> None:
    x = tensors.expand(torch.tensor([[0, 3]], dtype=torch.uint8), ambiguous="zero", dtype=dtype)
    assert x.dtype == dtype
    assert x.tolist() == [[[1, 0], [0, 0], [0, 0], [0, 1]]]


def test_expand_first_used_in_inference_mode_can_still_train() -> None:
    tensors._columns.cache_clear()
    codes = torch.zeros((1, 5), dtype=torch.uint8)
    with torch.inference_mode():
        tensors.expand(codes)
    convolution = torch.nn.Conv1d(4, 1, 3)
    convolution(tensors.expand(codes)).sum().backward()
    assert convolution.weight.grad is not None


def test_expand_takes_an_empty_batch() -> None:
    assert tensors.expand(torch.empty((0, 7), dtype=torch.uint8)).shape == (0, 4, 7)


def test_reverse_complement_agrees_with_that_of_the_letters() -> None:
    text = "ACGGTNRYTT"
    x = torch.from_numpy(dna.one_hot(text))[None]
    expected = dna.one_hot(dna.reverse_complement(text))
    np.testing.assert_array_equal(tensors.reverse_complement(x)[0].numpy(), expected)
