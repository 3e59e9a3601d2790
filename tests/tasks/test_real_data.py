"""Real data is read as its README says; skipped where it is not beside the project."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from seqcnn.errors import InputError
from seqcnn.settings import DataSettings
from seqcnn.tasks import get_task
from seqcnn.tasks.task import TaskData

DATA = Path(__file__).parents[2].parent / "shared" / "data" / "regulatory"

pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason="../shared/data is absent")


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Packed genomes go to a folder of the test, not beside the shared files."""
    monkeypatch.setenv("SEQCNN_CACHE", str(tmp_path / "cache"))


def read(task: str, **settings: Any) -> TaskData:
    return get_task(task).read(DataSettings(**settings))


def dnase(**settings: Any) -> TaskData:
    folder = DATA / "dnase_hg38_10_biosamples"
    return read(
        "accessibility",
        genome=folder / "genome.fa.gz",
        signal=[folder / "targets.tsv"],
        regions=folder / "labelled_regions.bed",
        val_contigs=["valid_*"],
        test_contigs=["test_*"],
        **settings,
    )


def test_dnase_has_the_published_number_of_contigs_tracks_and_open_windows() -> None:
    data = dnase(target="open", train_stride=256)
    assert data.outputs[:2] == ("GM03348", "HepG2")
    assert {name: len(found) // 256 for name, found in data.splits.items()} == {
        "train": 45, "val": 10, "test": 10,
    }  # fmt: skip
    share = np.mean([found.targets.mean() for found in data.splits.values()])
    assert share == pytest.approx(0.022, abs=0.006)


def test_yeast_peaks_without_an_alias_name_both_spellings_and_the_way_out() -> None:
    folder = DATA / "yeast_saccer3"
    settings = {
        "genome": folder / "sacCer3.fa.gz",
        "positives": folder / "chipexo_peaks" / "Abf1_CX.bed",
    }
    with pytest.raises(InputError, match=r"Abf1_CX.bed:1: .*'chr9'.*--contig-alias roman"):
        read("binding", **settings)
    found = read("binding", **settings, contig_alias="roman", window=101)
    assert sum(int(part.targets.sum()) for part in found.splits.values()) == 724  # lines


def test_deepbind_positives_get_four_shuffles_in_training_and_keep_the_given_test() -> None:
    folder = DATA / "deepbind_encode"
    stem = "MYC_H1-hESC_c-Myc_Stanford"
    data = read(
        "binding",
        positives=folder / f"{stem}_AC.seq.gz",
        test_table=folder / f"{stem}_B.seq.gz",
        strength="order",
    )
    train, test = data.splits["train"], data.splits["test"]
    assert train.targets.mean() == pytest.approx(0.2)
    assert (len(test), test.targets.sum()) == (1000, 500)
    # Positives and negatives are drawn alike, strong peaks more often.
    assert train.sampling is not None
    bound = train.targets[:, 0] == 1
    assert train.sampling[bound].sum() == pytest.approx(train.sampling[~bound].sum(), rel=1e-4)


def test_gue_splits_are_those_given() -> None:
    folder = DATA / "gue" / "mouse" / "3"
    data = read(
        "binding",
        table=folder / "train.csv",
        val_table=folder / "dev.csv",
        test_table=folder / "test.csv",
    )
    assert [len(data.splits[name]) for name in ("train", "val", "test")] == [1904, 239, 239]


def test_rna_classes_stand_in_the_headers() -> None:
    data = read(
        "binding", table=DATA / "clip_rna" / "28_ICLIP_TIA1_hg19.train.fa.gz", stranded=True
    )
    share = np.mean([found.targets.mean() for found in data.splits.values()])
    assert share == pytest.approx(0.2, abs=0.03)


@pytest.mark.slow
def test_the_default_network_beats_gc_content_on_a_small_real_set(tmp_path: Path) -> None:
    import seqcnn

    folder = DATA / "gue" / "mouse" / "3"
    result = seqcnn.train(
        task="binding",
        table=folder / "train.csv",
        val_table=folder / "dev.csv",
        out=tmp_path / "run",
        test_share=0.1,
    )
    assert result.evaluation.gains["GC content"]["auroc"].low > 0.1
