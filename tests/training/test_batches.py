"""Batches are a pure function of the step."""

import threading

import numpy as np
import pytest
import torch
from toy_run import LENGTH, ToySequences

from seqcnn.errors import InputError
from seqcnn.training.batches import Batches

CPU = torch.device("cpu")


class Numbered:
    """Sequence i holds i in every position, so that a batch tells its rows."""

    def __init__(self, n: int, weights: np.ndarray | None = None) -> None:
        self.targets = np.arange(n, dtype=np.float32)[:, None]
        self.weights = weights
        self.asked: list[dict[str, np.ndarray | None]] = []

    def __len__(self) -> int:
        return len(self.targets)

    def take(
        self,
        rows: np.ndarray,
        *,
        shift: np.ndarray | None = None,
        reverse: np.ndarray | None = None,
    ) -> np.ndarray:
        self.asked.append({"rows": rows, "shift": shift, "reverse": reverse})
        return np.repeat(rows.astype(np.uint8)[:, None], 4, axis=1)


def rows_of(batches: Batches, steps: range) -> list[int]:
    return [int(row) for step in steps for row in batches.at(step).targets[:, 0]]


def test_an_epoch_holds_every_sequence_once() -> None:
    batches = Batches(Numbered(12), batch_size=4, seed=0)
    assert sorted(rows_of(batches, range(3))) == list(range(12))


def test_epochs_have_different_orders() -> None:
    batches = Batches(Numbered(50), batch_size=50, seed=0)
    assert rows_of(batches, range(1)) != rows_of(batches, range(1, 2))


def test_a_batch_straddles_two_epochs() -> None:
    batches = Batches(Numbered(10), batch_size=4, seed=3)
    seen = rows_of(batches, range(5))
    assert (sorted(seen[:10]), sorted(seen[10:])) == (list(range(10)), list(range(10)))


def test_a_batch_larger_than_the_data_is_full() -> None:
    batches = Batches(Numbered(3), batch_size=8, seed=0)
    assert sorted(rows_of(batches, range(3))) == sorted(list(range(3)) * 8)


def test_any_step_can_be_asked_for_alone() -> None:
    there = Batches(Numbered(10), batch_size=4, seed=1)
    rows_of(there, range(9))
    here = Batches(Numbered(10), batch_size=4, seed=1)
    assert torch.equal(here.at(9).inputs, there.at(9).inputs)


def test_ranks_share_the_global_batch_in_unequal_slices() -> None:
    whole = Batches(Numbered(40), batch_size=7, seed=2).at(3)
    parts = [Batches(Numbered(40), batch_size=7, seed=2, rank=r, world=3).at(3) for r in range(3)]
    assert [len(part.inputs) for part in parts] == [2, 2, 3]
    assert torch.equal(torch.cat([part.targets for part in parts]), whole.targets)


def test_ranks_draw_the_augmentation_of_the_global_batch() -> None:
    data, shared = Numbered(40), Numbered(40)
    Batches(data, batch_size=6, seed=2, shift=3, reverse_complement=True).at(5)
    for rank in range(2):
        Batches(
            shared, batch_size=6, seed=2, shift=3, reverse_complement=True, rank=rank, world=2
        ).at(5)
    for name in ("shift", "reverse"):
        parts = [asked[name] for asked in shared.asked]
        assert np.array_equal(np.concatenate(parts), data.asked[0][name])


def test_shifts_reach_both_ends_and_no_further() -> None:
    data = Numbered(40)
    batches = Batches(data, batch_size=40, seed=0, shift=2)
    for step in range(10):
        batches.at(step)
    drawn = np.concatenate([asked["shift"] for asked in data.asked])
    assert sorted(set(drawn.tolist())) == [-2, -1, 0, 1, 2]


def test_without_augmentation_nothing_is_drawn() -> None:
    data = Numbered(5)
    Batches(data, batch_size=2, seed=0).at(0)
    assert (data.asked[0]["shift"], data.asked[0]["reverse"]) == (None, None)


def test_total_is_the_weight_of_the_global_batch() -> None:
    data = Numbered(4, weights=np.array([1, 2, 3, 4], np.float32))
    assert Batches(data, batch_size=4, seed=0, rank=1, world=2).at(0).total == 10.0


def test_sampling_draws_by_probability() -> None:
    batches = Batches(Numbered(4), batch_size=4000, seed=0, sampling=np.array([0, 1, 3, 0.0]))
    counts = np.bincount(rows_of(batches, range(1)), minlength=4)
    assert counts[0] == counts[3] == 0
    assert counts[2] / 4000 == pytest.approx(0.75, abs=0.03)


def test_epoch_counts_passes_over_the_data() -> None:
    assert Batches(Numbered(10), batch_size=4, seed=0).epoch_of(5) == 2.0


def test_iterate_gives_the_batches_of_its_steps() -> None:
    batches = Batches(Numbered(10), batch_size=4, seed=0)
    got = list(batches.iterate(3, 9, device=CPU))
    assert [step for step, _ in got] == [3, 4, 5, 6, 7, 8]
    assert all(torch.equal(batch.targets, batches.at(step).targets) for step, batch in got)


def test_iterate_raises_what_the_data_raises() -> None:
    class Broken(Numbered):
        def take(self, rows: np.ndarray, **how: object) -> np.ndarray:
            raise InputError("genome.fa: gone")

    with pytest.raises(InputError, match=r"genome\.fa: gone"):
        next(Batches(Broken(4), batch_size=2, seed=0).iterate(0, 5, device=CPU))


def test_iterate_ends_its_thread_when_closed() -> None:
    stream = Batches(Numbered(10), batch_size=4, seed=0).iterate(0, 1000, device=CPU)
    next(stream)
    assert any(thread.name.startswith("batches") for thread in threading.enumerate())
    stream.close()
    assert not any(thread.name.startswith("batches") for thread in threading.enumerate())


def test_a_batch_is_codes_and_float_targets() -> None:
    batch = Batches(ToySequences(9, weighted=True), batch_size=5, seed=0).at(0)
    assert batch.inputs.dtype == torch.uint8 and batch.inputs.shape == (5, LENGTH)
    assert batch.targets.dtype == torch.float32 and batch.targets.shape == (5, 2)
    assert batch.weights is not None and batch.weights.shape == (5,)


def test_no_sequences_is_an_input_error() -> None:
    with pytest.raises(InputError, match="there are no training sequences"):
        Batches(Numbered(0), batch_size=4, seed=0)


def test_fewer_sequences_than_processes_is_an_input_error() -> None:
    with pytest.raises(InputError, match="--batch-size 2 is less than 4 processes"):
        Batches(Numbered(10), batch_size=2, seed=0, world=4)


def test_identity_tells_changed_data() -> None:
    one = Batches(ToySequences(20, seed=0), batch_size=4, seed=0).identity()
    other = Batches(ToySequences(20, seed=1), batch_size=4, seed=0).identity()
    assert [name for name in one if one[name] != other[name]] == ["training data"]
