"""DNA letters to codes and one-hot arrays, and back."""

import itertools

import numpy as np
import pytest

from seqcnn.encoders import dna
from seqcnn.encoders.blocks import BLOCK
from seqcnn.errors import InputError


def test_codes_follow_the_order_of_the_letters() -> None:
    assert dna.encode("ACGTNRYSWKMBDHV").tolist() == list(range(15))


def test_u_reads_as_t_and_lower_case_as_upper() -> None:
    assert dna.encode("uUtTacgn").tolist() == [3, 3, 3, 3, 0, 1, 2, 4]


def test_every_byte_is_a_code_or_an_error() -> None:
    letters = "ACGTNRYSWKMBDHVU"
    for byte in range(256):
        text = bytes([byte])
        if text.decode("latin-1").upper() in letters and byte < 128:
            assert dna.encode(text).size == 1
        else:
            with pytest.raises(InputError):
                dna.encode(text)


@pytest.mark.parametrize("sequence", ["ACG-T", b"ACG-T", "AAA" + "é", "ACGTACGT\nAC"])
def test_bad_character_is_named_with_its_position(sequence: str | bytes) -> None:
    text = sequence if isinstance(sequence, str) else sequence.decode()
    at = next(i for i, letter in enumerate(text) if letter not in "ACGT")
    with pytest.raises(
        InputError, match=f"^position {at + 1}: {text[at]!r} is not".replace("\\", r"\\")
    ):
        dna.encode(sequence)


@pytest.mark.parametrize("length", [BLOCK - 1, BLOCK, 2 * BLOCK + 7])
def test_bad_character_past_a_block_is_named_with_its_position(length: int) -> None:
    with pytest.raises(InputError, match=f"position {length + 1}: '\\*'"):
        dna.one_hot("A" * length + "*A")


def test_empty_sequence_has_no_codes() -> None:
    assert dna.encode("").shape == (0,)
    assert dna.one_hot("").shape == (4, 0)


def test_decode_inverts_encode() -> None:
    assert dna.decode(dna.encode("acgtnryswkmbdhv")) == dna.LETTERS
    assert dna.decode(dna.encode("ACGU"), rna=True) == "ACGU"


def test_one_hot_shares_ambiguous_letters() -> None:
    x = dna.one_hot("ACGTNRYB")
    third = np.float32(1 / 3)
    assert x.dtype == np.float32
    assert x.T.tolist() == [
        [1, 0, 0, 0],
        [0, 1, 0, 0],
        [0, 0, 1, 0],
        [0, 0, 0, 1],
        [0.25, 0.25, 0.25, 0.25],
        [0.5, 0, 0.5, 0],
        [0, 0.5, 0, 0.5],
        [0, third, third, third],
    ]


def test_one_hot_zeroes_ambiguous_letters() -> None:
    x = dna.one_hot("ANV", ambiguous="zero", dtype=np.int8)
    assert x.T.tolist() == [[1, 0, 0, 0], [0, 0, 0, 0], [0, 0, 0, 0]]


@pytest.mark.parametrize("dtype", ["int8", "uint8", "float16", "float32", "float64", "bool"])
def test_text_and_codes_give_the_same_over_blocks(dtype: str) -> None:
    codes = np.random.default_rng(0).integers(0, 15, 2 * BLOCK + 13).astype(np.uint8)
    expected = (dna.channel_table("zero")[:, codes]).astype(dtype)
    from_codes = dna.one_hot(codes, ambiguous="zero", dtype=dtype)
    from_text = dna.one_hot(dna.decode(codes), ambiguous="zero", dtype=dtype)
    assert from_codes.dtype == from_text.dtype == np.dtype(dtype)
    np.testing.assert_array_equal(from_codes, expected)
    np.testing.assert_array_equal(from_text, expected)


def test_one_hot_of_a_batch_is_that_of_its_rows() -> None:
    codes = np.random.default_rng(1).integers(0, 15, (3, 50)).astype(np.uint8)
    np.testing.assert_array_equal(dna.one_hot(codes), np.stack([dna.one_hot(c) for c in codes]))


def test_one_hot_fills_the_array_given() -> None:
    out = np.full((4, 3), 9, np.int8)
    assert dna.one_hot("ACN", ambiguous="zero", out=out) is out
    assert out.tolist() == [[1, 0, 0], [0, 1, 0], [0, 0, 0], [0, 0, 0]]


def test_one_hot_refuses_what_it_cannot_do() -> None:
    with pytest.raises(InputError, match="cannot hold shares"):
        dna.one_hot("ACGT", dtype=np.int8)
    with pytest.raises(InputError, match="value 15 at index 1"):
        dna.one_hot(np.array([0, 15], np.uint8))
    with pytest.raises(InputError, match="out has shape"):
        dna.one_hot("ACGT", out=np.empty((4, 5), np.float32))
    with pytest.raises(InputError, match="'share' or 'zero'"):
        dna.one_hot("ACGT", ambiguous="none")  # type: ignore[arg-type]


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_from_one_hot_inverts_shares(dtype: type) -> None:
    codes = np.arange(15, dtype=np.uint8).reshape(3, 5)
    np.testing.assert_array_equal(dna.from_one_hot(dna.one_hot(codes, dtype=dtype)), codes)


@pytest.mark.parametrize("column", [[0, 0, 0, 0], [0.9, 0.1, 0, 0], [1, 1, 0, 0], [2, 0, 0, 0]])
def test_from_one_hot_names_a_column_that_is_no_share(column: list[float]) -> None:
    x = dna.one_hot("ACG")
    x[:, 1] = column
    with pytest.raises(InputError, match="position 2: column"):
        dna.from_one_hot(x)


def test_reverse_complement_pairs_every_letter() -> None:
    assert dna.reverse_complement("ACGTNRYSWKMBDHV") == "BDHVKMWSRYNACGT"
    assert dna.reverse_complement(b"AAcg") == b"cgTT"


def test_reverse_complement_keeps_rna() -> None:
    assert dna.reverse_complement("AACGU") == "ACGUU"
    assert dna.reverse_complement("AACGT") == "ACGTT"


def test_reverse_complement_of_codes_is_that_of_letters() -> None:
    for pair in itertools.product(dna.LETTERS, repeat=2):
        text = "".join(pair)
        codes = dna.reverse_complement(dna.encode(text))
        assert dna.decode(codes) == dna.reverse_complement(text)


def test_reverse_complement_refuses_a_gap() -> None:
    with pytest.raises(InputError, match="position 2: '-'"):
        dna.reverse_complement("A-C")
