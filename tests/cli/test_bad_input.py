"""Every input that cannot be used: one line, where, what and what to do; exit code 2; no files."""

import errno
import os
import resource
from collections.abc import Callable
from pathlib import Path

import pytest

from seqcnn.data import genome as genome_module
from seqcnn.data.bigwig import write_bigwig
from seqcnn.errors import InputError
from seqcnn.training.bundle import load_bundle


def assert_refused(outcome, *wanted: str, out: Path | None = None) -> None:
    assert outcome.code == 2
    assert outcome.err.startswith("seqcnn: ")
    assert outcome.err.count("\n") == 1, outcome.err
    for text in wanted:
        assert text in outcome.err, outcome.err
    assert out is None or not out.exists()


@pytest.fixture
def train(seqcnn, tiny, tmp_path: Path) -> Callable:
    """Train with these flags into `tmp_path / "out"`."""

    def call(*flags: object):
        return seqcnn("train", *tiny, "--out", tmp_path / "out", *flags)

    return call


def file_of(path: Path, text: str) -> Path:
    path.write_text(text)
    return path


# Files that are missing, empty, or cut short


@pytest.mark.parametrize("flag", ["--genome", "--peaks"])
def test_missing_file_is_named(train, peaks, tmp_path, flag):
    outcome = train(*peaks, flag, tmp_path / "absent.file")
    assert_refused(outcome, "absent.file: no such file", out=tmp_path / "out")


@pytest.mark.parametrize("flag", ["--table", "--val-table", "--positives"])
def test_missing_table_is_named(train, data, tmp_path, flag):
    rest = () if flag != "--val-table" else ("--table", data / "train.csv")
    outcome = train("--task", "binding", *rest, flag, tmp_path / "absent.csv")
    assert_refused(outcome, "absent.csv: no such file", out=tmp_path / "out")


def test_missing_signal_and_hdf5_are_named(train, data, tmp_path):
    for flag, name in (("--signal", "x.bw"), ("--signal", "x.tsv"), ("--hdf5", "x.h5")):
        outcome = train("--genome", data / "genome.fa", flag, tmp_path / name)
        assert_refused(outcome, f"{name}: no such file", out=tmp_path / "out")


@pytest.mark.parametrize("flag", ["--genome", "--peaks", "--hdf5", "--signal"])
def test_empty_file_is_named(train, data, tmp_path, flag):
    empty = file_of(tmp_path / ("empty.bw" if flag == "--signal" else "empty.file"), "")
    genome = () if flag == "--genome" else ("--genome", data / "genome.fa")
    peaks = ("--peaks", data / "a.bed") if flag == "--genome" else ()
    outcome = train(*genome, *peaks, flag, empty)
    assert_refused(outcome, "empty.", out=tmp_path / "out")


def test_empty_table_is_named(train, tmp_path):
    empty = file_of(tmp_path / "empty.csv", "")
    outcome = train("--task", "binding", "--table", empty)
    assert_refused(outcome, "empty.csv: the file is empty", out=tmp_path / "out")


def test_truncated_bgzip_genome_is_refused(train, peaks, data, tmp_path):
    pysam = pytest.importorskip("pysam")
    whole = tmp_path / "whole.fa.gz"
    pysam.tabix_compress(str(data / "genome.fa"), str(whole))
    cut = tmp_path / "cut.fa.gz"
    cut.write_bytes(whole.read_bytes()[:-28])
    outcome = train(*peaks, "--genome", cut)
    assert_refused(outcome, "cut.fa.gz: bgzip file is cut short", out=tmp_path / "out")
    assert list(tmp_path.glob("*.seqcnn")) == []


def test_truncated_bgzip_bed_is_refused(train, peaks, data, tmp_path):
    pysam = pytest.importorskip("pysam")
    whole = tmp_path / "whole.bed.gz"
    pysam.tabix_compress(str(data / "a.bed"), str(whole))
    cut = tmp_path / "cut.bed.gz"
    cut.write_bytes(whole.read_bytes()[:-28])
    outcome = train(*peaks, "--peaks", cut)
    assert_refused(outcome, "cut.bed.gz", "cut short", out=tmp_path / "out")


# Regions


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("chr1\t100\t50\n", "bad.bed:2: end 50 is before start 100"),
        ("chr1\tabc\t50\n", "bad.bed:2: start is 'abc', a whole number was wanted"),
        ("chr1\t5900\t6100\n", "bad.bed:2: end 6100 is beyond 'chr1' of genome.fa, 6000 bp"),
        ("chr1\t-5\t50\n", "bad.bed:2: start -5 is negative"),
        ("chr1\t100\n", "bad.bed:2: 2 columns"),
    ],
)
def test_region_that_cannot_be_is_refused_with_its_line(train, peaks, tmp_path, row, message):
    bed = file_of(tmp_path / "bad.bed", "chr1\t300\t400\n" + row)
    assert_refused(train(*peaks, "--peaks", bed), message, out=tmp_path / "out")


def test_other_contig_names_get_the_alias_as_a_hint(train, peaks, tmp_path):
    bed = file_of(tmp_path / "bare.bed", "1\t300\t400\n2\t300\t400\n")
    outcome = train(*peaks, "--peaks", bed)
    assert_refused(
        outcome, "bare.bed:1: contig '1' is not in genome.fa", "pass --contig-alias add-chr",
        out=tmp_path / "out",
    )  # fmt: skip


def test_alias_mends_other_contig_names(train, peaks, data, tmp_path):
    bare = (data / "a.bed").read_text().replace("chr", "")
    bed = file_of(tmp_path / "bare.bed", bare)
    outcome = train(*peaks, "--peaks", bed, "--contig-alias", "add-chr")
    assert outcome.code == 0
    assert (tmp_path / "out" / "model.safetensors").exists()


def test_pattern_that_matches_no_contig_is_refused(train, peaks, tmp_path):
    outcome = train(*peaks, "--test-contigs", "chr99")
    assert_refused(outcome, "--test-contigs 'chr99' matches no contig", out=tmp_path / "out")


def test_foreign_letter_in_the_genome_is_refused_with_its_line(train, peaks, tmp_path):
    fasta = file_of(tmp_path / "bad.fa", ">chr1\nACGT\nAC*T\n")
    outcome = train(*peaks, "--genome", fasta)
    assert_refused(outcome, "bad.fa:3: '*' is not a nucleotide code", out=tmp_path / "out")


# A genome in a folder that takes no files


def refuse_folder(monkeypatch: pytest.MonkeyPatch, *folders: Path) -> None:
    """chmod does not bind root, so these folders only say that they take no files."""
    allowed = os.access

    def access(path, mode, **rest):
        refused = mode & os.W_OK and Path(path) in folders
        return False if refused else allowed(path, mode, **rest)

    monkeypatch.setattr(genome_module.os, "access", access)


@pytest.fixture
def shelf(data, tmp_path) -> Path:
    folder = tmp_path / "shelf"
    folder.mkdir()
    (folder / "genome.fa").write_bytes((data / "genome.fa").read_bytes())
    return folder


def test_genome_in_a_read_only_folder_is_packed_in_the_cache(
    train, peaks, shelf, tmp_path, monkeypatch
):
    refuse_folder(monkeypatch, shelf)
    monkeypatch.setenv("SEQCNN_CACHE", str(tmp_path / "cache"))
    assert train(*peaks, "--genome", shelf / "genome.fa").code == 0
    assert [file.name for file in shelf.iterdir()] == ["genome.fa"]
    assert len(list((tmp_path / "cache").iterdir())) == 1


def test_genome_without_any_folder_for_its_packed_copy_is_refused(
    train, peaks, shelf, tmp_path, monkeypatch
):
    refuse_folder(monkeypatch, shelf, tmp_path / "cache")
    monkeypatch.setenv("SEQCNN_CACHE", str(tmp_path / "cache"))
    outcome = train(*peaks, "--genome", shelf / "genome.fa")
    assert_refused(
        outcome, "genome.fa: its packed copy cannot be written", "SEQCNN_CACHE",
        out=tmp_path / "out",
    )  # fmt: skip


# Signal


@pytest.fixture
def signal(data) -> tuple[str, ...]:
    return (
        *("--genome", str(data / "genome.fa"), "--window", "100", "--center", "60"),
        *("--val-contigs", "chr5", "--test-contigs", "chr6"),
    )


def test_bigwig_without_the_contig_is_refused(train, signal, tmp_path):
    write_bigwig(tmp_path / "few.bw", {"chr1": 6000}, [("chr1", 0, 6000, 1.0)])
    outcome = train(*signal, "--signal", tmp_path / "few.bw")
    assert_refused(outcome, "few.bw: has no contig 'chr", "it has 'chr1'", out=tmp_path / "out")


def test_nan_in_the_signal_is_refused_with_its_place(train, signal, tmp_path):
    pybigtools = pytest.importorskip("pybigtools")
    lengths = {f"chr{number}": 6000 for number in range(1, 7)}
    rows = [
        (name, start, start + 100, float("nan") if (name, start) == ("chr3", 500) else 1.0)
        for name in lengths
        for start in range(0, 6000, 100)
    ]
    pybigtools.open(str(tmp_path / "nan.bw"), "w").write(lengths, iter(rows))
    outcome = train(*signal, "--signal", tmp_path / "nan.bw")
    assert_refused(outcome, "nan.bw: the signal is nan at chr3:500-600", out=tmp_path / "out")


def test_truncated_bigwig_is_refused(train, signal, data, tmp_path):
    cut = tmp_path / "cut.bw"
    cut.write_bytes((data / "a.bw").read_bytes()[:1000])
    outcome = train(*signal, "--signal", cut)
    assert_refused(outcome, "cut.bw: ", "cut short", out=tmp_path / "out")


def test_sheet_without_its_columns_is_refused(train, signal, tmp_path):
    sheet = file_of(tmp_path / "tracks.tsv", "path\tname\na.bw\ta\n")
    outcome = train(*signal, "--signal", sheet)
    assert_refused(outcome, "tracks.tsv", "columns 'file' and 'name'", out=tmp_path / "out")


def test_sheet_with_a_missing_file_is_refused_with_its_line(train, signal, tmp_path):
    sheet = file_of(tmp_path / "tracks.tsv", "file\tname\nabsent.bw\ta\n")
    outcome = train(*signal, "--signal", sheet)
    assert_refused(outcome, "tracks.tsv:2: no such file", "absent.bw", out=tmp_path / "out")


# Tables of sequences


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("text,label\nACGT,1\n", "bad.csv:1: no column called sequence or seq"),
        ("sequence,score\nACGT,1\n", "bad.csv: has no labels"),
        ("sequence,label\nACGTACGT,1\nACGT,0\n", "bad.csv:3: sequence of 4 bp"),
        ("sequence,label\nACGTACGT,1\nACGTACGT,yes\n", "bad.csv:3: label 'label' is 'yes'"),
        ("sequence,label\nACGTACGT,1\nACGT-CGT,0\n", "bad.csv:3: character '-' at position 5"),
        ("sequence,label\nACGTACGT,1\nACGTACGT\n", "bad.csv:3: 1 columns, the header has 2"),
        ("sequence,label\nACGTACGT,nan\n", "bad.csv:2: label 'label' is nan"),
        ("sequence,label\n", "bad.csv: has a header but no rows"),
    ],
)
def test_table_that_cannot_be_read_is_refused(train, tmp_path, text, message):
    table = file_of(tmp_path / "bad.csv", text)
    outcome = train("--task", "binding", "--table", table)
    assert_refused(outcome, message, out=tmp_path / "out")


def test_misspelt_column_gets_the_nearest_as_a_hint(train, data, tmp_path):
    outcome = train("--task", "binding", "--table", data / "train.csv", "--label-column", "lable")
    assert_refused(
        outcome, "train.csv:1: no column 'lable'", "did you mean 'label'?", out=tmp_path / "out"
    )


def test_label_outside_the_training_classes_is_refused_with_its_line(train, tables, tmp_path):
    table = file_of(tmp_path / "odd.csv", f"sequence,label\n{'A' * 60},0\n{'C' * 60},7\n")
    outcome = train(*tables, "--val-table", table)
    assert_refused(
        outcome, "odd.csv:3: label 7 is not among the training classes (0, 1)",
        out=tmp_path / "out",
    )  # fmt: skip


def test_split_of_one_class_is_refused(train, tables, tmp_path):
    rows = "".join(f"{'ACGT'[row % 4] * 60},1\n" for row in range(8))
    table = file_of(tmp_path / "ones.csv", "sequence,label\n" + rows)
    outcome = train(*tables, "--val-table", table)
    assert_refused(outcome, "the val split holds one class only", out=tmp_path / "out")


def test_training_table_of_one_class_is_refused(train, tables, tmp_path):
    rows = "".join(f"{row:040b},1\n" for row in range(1, 200, 3))
    rows = rows.translate(str.maketrans({"0": "A"})).replace("1", "C").replace(",C", ",1")
    table = file_of(tmp_path / "ones.csv", "sequence,label\n" + rows)
    outcome = train("--task", "binding", "--table", table)
    assert_refused(outcome, "one class only", out=tmp_path / "out")


# Bundles


def test_truncated_bundle_is_refused(seqcnn, trained, data, tmp_path):
    cut = tmp_path / "cut.safetensors"
    cut.write_bytes((trained["tables"] / "model.safetensors").read_bytes()[:-100])
    for words in (("info",), ("evaluate",), ("predict",)):
        rest = (data / "bound.fa", "--out", tmp_path / "p.tsv") if words == ("predict",) else ()
        outcome = seqcnn(*words, cut, *rest)
        assert_refused(outcome, "cut.safetensors: not a whole safetensors file")
    assert not (tmp_path / "p.tsv").exists()


def test_bundle_of_another_format_is_refused(seqcnn, trained, tmp_path):
    whole = (trained["tables"] / "model.safetensors").read_bytes()
    other = tmp_path / "other.safetensors"
    old, new = rb"\"format\": 1", rb"\"format\": 9"
    assert old in whole
    other.write_bytes(whole.replace(old, new))
    outcome = seqcnn("info", other)
    assert_refused(outcome, "other.safetensors: bundle format 9, this seqcnn reads format 1")


def test_missing_bundle_is_refused(seqcnn, tmp_path):
    assert_refused(seqcnn("info", tmp_path / "none.safetensors"), "no such bundle")


# Machine


def test_cuda_without_a_gpu_is_refused(train, tables, tmp_path, monkeypatch):
    import torch

    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    outcome = train(*tables, "--device", "cuda")
    assert_refused(outcome, "--device cuda: there is none here", out=tmp_path / "out")


def test_unknown_device_is_refused(train, tables, tmp_path):
    assert_refused(train(*tables, "--device", "gpu"), "--device gpu: unknown", out=tmp_path / "out")


def fill_disk(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """Make the disk full for the file called `name` and for no other."""
    replace = Path.replace

    def full(self, target):
        if Path(target).name == name:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", full)


@pytest.mark.parametrize("name", ["run.yaml", "metrics.csv", "model.safetensors", "report.html"])
def test_full_disk_is_one_line_and_leaves_no_part_of_the_file(
    train, tables, tmp_path, monkeypatch, name
):
    fill_disk(monkeypatch, name)
    assert_refused(train(*tables), f"{name}: could not be written (No space left on device)")
    assert not (tmp_path / "out" / name).exists()
    assert list((tmp_path / "out").glob(".tmp*")) == []


def test_disk_that_fills_in_the_middle_of_a_bundle_is_one_line(trained, tmp_path):
    bundle = load_bundle(trained["tables"] / "model.safetensors")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (500, limits[1]))
    try:
        with pytest.raises(InputError, match="could not be written") as raised:
            bundle.save(tmp_path / "model.safetensors")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert "\n" not in str(raised.value)
    assert list(tmp_path.iterdir()) == []


def test_full_disk_while_predicting_leaves_nothing(seqcnn, trained, data, tmp_path, monkeypatch):
    fill_disk(monkeypatch, "p.tsv")
    bundle = trained["tables"] / "model.safetensors"
    outcome = seqcnn("predict", bundle, data / "bound.fa", "--out", tmp_path / "p.tsv")
    assert_refused(outcome, "p.tsv: could not be written (No space left on device)")
    assert list(tmp_path.iterdir()) == []


def test_output_folder_that_is_missing_is_refused(seqcnn, trained, data, tmp_path):
    bundle = trained["tables"] / "model.safetensors"
    outcome = seqcnn("predict", bundle, data / "bound.fa", "--out", tmp_path / "no" / "p.tsv")
    assert_refused(outcome, f"there is no folder {tmp_path / 'no'}; make it first")


def test_predictions_in_a_format_there_is_none_of_are_refused(seqcnn, trained, data, tmp_path):
    bundle = trained["tables"] / "model.safetensors"
    outcome = seqcnn("predict", bundle, data / "bound.fa", "--out", tmp_path / "p.csv")
    endings = ".tsv.gz, .tsv, .txt.gz, .txt, .bw, .bigwig"
    assert_refused(outcome, f"p.csv: ends in none of {endings}; choose one of these")


def test_predictions_do_not_replace_what_they_are_made_of(seqcnn, trained, data, tmp_path):
    fasta = file_of(tmp_path / "bound.txt", (data / "bound.fa").read_text())
    bundle = trained["tables"] / "model.safetensors"
    outcome = seqcnn("predict", bundle, fasta, "--out", fasta)
    assert_refused(outcome, "is the same file as", "which is read")
    assert fasta.read_text() == (data / "bound.fa").read_text()


# Settings


def test_unknown_setting_in_the_config_gets_the_nearest_as_a_hint(train, tables, tmp_path):
    config = file_of(tmp_path / "train.yaml", "batchsize: 8\n")
    outcome = train(*tables, "--config", config)
    assert_refused(
        outcome, "train.yaml: unknown setting 'batchsize'; did you mean 'batch_size'?",
        out=tmp_path / "out",
    )  # fmt: skip


def test_config_that_is_not_yaml_is_refused_with_its_line(train, tables, tmp_path):
    config = file_of(tmp_path / "train.yaml", "lr: 1e-4\nx: [1\n")
    assert_refused(train(*tables, "--config", config), "train.yaml:3: not valid YAML")


def test_config_that_is_no_text_is_refused(train, tables, tmp_path):
    config = tmp_path / "train.yaml"
    config.write_bytes(b"\xff\x00")
    assert_refused(train(*tables, "--config", config), "train.yaml: is not text")


def test_value_out_of_range_is_refused(train, tables, tmp_path):
    outcome = train(*tables, "--lr", "-1")
    assert_refused(outcome, "--lr: ", "greater than 0", "-1", out=tmp_path / "out")


def test_unknown_choice_lists_the_known(train, tables, tmp_path):
    outcome = train(*tables, "--optimizer", "adam")
    assert_refused(outcome, "--optimizer", "'adamw' or 'sgd'", out=tmp_path / "out")


def test_unknown_option_gets_the_nearest_as_a_hint(train, tables, tmp_path):
    outcome = train(*tables, "--batchsize", "8")
    assert_refused(outcome, "--batchsize", "--batch-size", out=tmp_path / "out")


def test_text_for_a_number_is_refused(train, tables, tmp_path):
    outcome = train(*tables, "--max-steps", "many")
    assert_refused(outcome, "--max-steps", "many", out=tmp_path / "out")


def test_unknown_command_gets_the_nearest_as_a_hint(seqcnn):
    assert_refused(seqcnn("trian"), "trian", "train")


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (("--task", "bindings"), "unknown task 'bindings'; known: accessibility, binding"),
        (("--task", "binding", "--model", "deepbnd"), "did you mean 'deepbind'?"),
        (("--model-arguments", "width"), "--model-arguments: expected name=value, got 'width'"),
        (("--model-arguments", "depth=3"), "has no argument 'depth'; it takes: width"),
    ],
)
def test_unknown_name_lists_the_known(train, tables, tmp_path, flags, message):
    outcome = train(*tables, *flags)
    assert_refused(outcome, message)
    assert not (tmp_path / "out" / "model.safetensors").exists()


def test_folder_that_holds_a_run_is_left_alone(seqcnn, tiny, tables, trained):
    before = {file: file.read_bytes() for file in trained["tables"].iterdir() if file.is_file()}
    outcome = seqcnn("train", *tables, *tiny, "--out", trained["tables"])
    assert_refused(outcome, "holds a run already", "--resume", "--overwrite")
    after = {file: file.read_bytes() for file in trained["tables"].iterdir() if file.is_file()}
    assert before == after


def test_run_that_failed_before_its_first_step_does_not_block_the_next(train, tables, tmp_path):
    assert_refused(train(*tables, "--model-arguments", "depth=3"), "no argument 'depth'")
    assert train(*tables).code == 0
    assert (tmp_path / "out" / "model.safetensors").exists()


def test_resume_without_a_run_is_refused(train, tables, tmp_path):
    outcome = train(*tables, "--resume")
    assert_refused(outcome, "holds no run to resume", out=tmp_path / "out")


def test_task_without_its_data_says_which_flags_it_needs(train, data, tmp_path):
    outcome = train("--genome", data / "genome.fa")
    assert_refused(outcome, "--peaks, --signal or --hdf5", out=tmp_path / "out")
