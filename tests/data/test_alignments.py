import gzip
import os
import pickle
import struct
from pathlib import Path

import numpy as np
import pysam
import pytest

from seqcnn.data.alignment_files import local_places
from seqcnn.data.alignments import CorruptRegion, open_alignments
from seqcnn.errors import InputError

DATA = Path(__file__).parents[2].parent / "shared" / "data" / "variants"
TINY = DATA / "illumina_NA12878_chr22_12kb"
real = pytest.mark.skipif(not DATA.is_dir(), reason="../shared/data is absent")

TWO = "a 0 q 11 60 5M * 0 0 ACGTA IIIII RG:Z:g\nb 0 q 21 60 5M * 0 0 ACGTA IIIII RG:Z:g"
UNSORTED = "b 0 q 21 60 5M * 0 0 ACGTA IIIII\na 0 q 11 60 5M * 0 0 ACGTA IIIII"
LONG = "@SQ\tSN:q\tLN:100000\n@RG\tID:g\tSM:Ann\n"
CONTIGS = "@SQ\tSN:q\tLN:1000\n@SQ\tSN:r\tLN:500\n"


def refusal(path: Path, **flags: object) -> str:
    with pytest.raises(InputError) as error:
        open_alignments(path, **flags)
    message = str(error.value)
    assert "\n" not in message
    return message


def test_contigs_sample_and_reads_are_those_of_the_file(make_bam):
    with open_alignments(make_bam(TWO)) as alignments:
        assert alignments.names == ("q",)
        assert alignments.lengths == (1000,)
        assert alignments.sample == "Ann"
        assert alignments.notes == []
        assert alignments.contigs_with_reads() == ("q",)
        assert alignments.reads("q", 0, 1000).start.tolist() == [10, 20]
        assert alignments.reads("q", 15, 1000).start.tolist() == [20]
        assert alignments.dropped["kept"] == 3


def test_only_reads_that_start_in_the_counted_part_are_counted(make_bam):
    with open_alignments(make_bam(TWO)) as alignments:
        assert len(alignments.reads("q", 0, 1000, counted=(15, 25)).start) == 2
        assert alignments.dropped["kept"] == 1


def test_a_pickled_copy_reads_through_its_own_handle(make_bam):
    with open_alignments(make_bam(TWO)) as alignments:
        copy = pickle.loads(pickle.dumps(alignments))
    assert copy.reads("q", 0, 1000).start.tolist() == [10, 20]
    copy.close()


def test_a_chosen_sample_gives_its_reads_alone(make_bam):
    header = "@SQ\tSN:q\tLN:1000\n@RG\tID:g\tSM:Ann\n@RG\tID:h\tSM:Bob\n"
    path = make_bam(TWO.replace("IIIII RG:Z:g", "IIIII RG:Z:h", 1), header=header)
    assert (
        refusal(path) == f"{path}: holds 2 samples (Ann, Bob); take one out with samtools view -r"
    )
    with open_alignments(path, sample="Bob") as alignments:
        assert alignments.reads("q", 0, 1000).start.tolist() == [10]
        assert alignments.dropped["of another sample"] == 1


def test_a_missing_file_a_folder_and_other_kinds_are_refused(tmp_path):
    path = tmp_path / "x.bam"
    assert refusal(path) == f"{path}: no such file; check the name"
    assert refusal(tmp_path) == f"{tmp_path}: is a folder, a BAM or CRAM file was wanted"
    path.write_bytes(b"")
    assert refusal(path) == f"{path}: is neither BAM nor CRAM: the file is empty"
    path.write_text(">q\nACGT\n")
    assert refusal(path) == f"{path}: is neither BAM nor CRAM"
    path.write_bytes(gzip.compress(b"##fileformat=VCFv4.2\n"))
    assert refusal(path) == f"{path}: is neither BAM nor CRAM"
    path.write_text("@HD\tVN:1.6\n")
    assert refusal(path) == (
        f"{path}: is SAM text, a BAM or CRAM was wanted: samtools sort -o x.bam x.bam && "
        "samtools index x.bam"
    )
    address = "https://example.org/x.bam"
    assert refusal(address).endswith("is not a file on this machine; a BAM or CRAM was wanted")


def test_a_missing_index_is_refused_with_the_command_that_makes_it(make_bam):
    path = make_bam(TWO, index=False)
    assert refusal(path) == (
        f"{path}: has no index (looked for x.bam.bai, x.bai, x.bam.csi or x.csi): run 'samtools "
        f"index {path}'"
    )


def test_make_index_makes_it(make_bam):
    path = make_bam(TWO, index=False)
    with open_alignments(path, make_index=True) as alignments:
        assert len(alignments.reads("q", 0, 1000).start) == 2
    assert sorted(file.name for file in path.parent.iterdir()) == ["x.bam", "x.bam.bai"]


@pytest.mark.parametrize("name", ["x.bai", "x.bam.csi", "x.csi"])
def test_an_index_is_found_by_every_naming(make_bam, name):
    path = make_bam(TWO, index=False)
    pysam.index(*(["-c"] if name.endswith("csi") else []), "-o", str(path.parent / name), str(path))
    with open_alignments(path) as alignments:
        assert len(alignments.reads("q", 0, 1000).start) == 2


def test_an_index_older_than_its_file_is_noted(make_bam):
    path = make_bam(TWO)
    index = Path(f"{path}.bai")
    os.utime(index, (1_000_000, 1_000_000))
    with open_alignments(path) as alignments:
        assert alignments.notes == [
            f"x.bam.bai is older than x.bam; if reads are missing, make it again: samtools index "
            f"{path}"
        ]
    with open_alignments(path, make_index=True) as alignments:
        assert alignments.notes == []


def test_a_damaged_index_and_one_of_another_file_are_refused(make_bam):
    path = make_bam(TWO, header=CONTIGS)
    index = Path(f"{path}.bai")
    other = make_bam(TWO, name="other.bam")
    index.write_bytes(Path(f"{other}.bai").read_bytes())
    again = f"make it again: samtools index {path}"
    assert refusal(path) == f"{index}: is not the index of x.bam; {again}"
    index.write_bytes(b"rubbish, but long enough")
    assert refusal(path) == f"{index}: cannot be read as an index; {again}"
    index.write_bytes(b"")
    assert refusal(path) == f"{index}: cannot be read as an index; {again}"


def without_counts(index: Path) -> None:
    """Take the bins that hold counts out of the .bai of a file of one contig."""
    data = index.read_bytes()
    (bins,) = struct.unpack_from("<i", data, 8)
    at, kept = 12, []
    for _ in range(bins):
        number, chunks = struct.unpack_from("<Ii", data, at)
        kept.append((number, data[at : at + 8 + 16 * chunks]))
        at += 8 + 16 * chunks
    real_bins = [text for number, text in kept if number != 37450]
    index.write_bytes(
        data[:8] + struct.pack("<i", len(real_bins)) + b"".join(real_bins) + data[at:]
    )


def test_an_old_index_without_counts_is_enough(make_bam):
    path = make_bam(TWO)
    without_counts(Path(f"{path}.bai"))
    with open_alignments(path) as alignments:
        assert alignments.contigs_with_reads() == ("q",)


def test_a_truncated_file_is_refused_unless_allowed(make_bam):
    path = make_bam(TWO)
    whole = path.read_bytes()
    path.write_bytes(whole[:-28])
    assert refusal(path) == (
        f"{path}: is cut short: the mark that ends a whole BAM is absent; copy or make it again"
    )
    with open_alignments(path, allow_truncated=True) as alignments:
        assert len(alignments.reads("q", 0, 1000).start) == 2
        assert alignments.notes[0] == (
            "x.bam: is cut short (its end mark is absent); read as far as it goes"
        )


def test_a_file_cut_in_its_header_is_refused_even_so(make_bam):
    path = make_bam(TWO)
    path.write_bytes(path.read_bytes()[:60])
    assert refusal(path, allow_truncated=True).startswith(f"{path}: its ")


def test_a_file_without_contigs_is_refused(make_bam):
    path = make_bam("a 4 * 0 0 * * 0 0 ACGTA IIIII", header="@HD\tVN:1.6\n", index=False)
    assert refusal(path) == (f"{path}: its header names no contigs (@SQ); align the reads first")


@pytest.mark.parametrize("order", ["", "coordinate", "queryname", "unsorted"])
def test_unsorted_reads_are_refused(make_bam, order):
    said = f"@HD\tVN:1.6\tSO:{order}\n" * bool(order)
    path = make_bam(UNSORTED, header=said + CONTIGS, index=False)
    header = f" (its header says {order})" * bool(order)
    assert refusal(path) == (
        f"{path}: is not sorted by position{header}; run 'samtools sort -o x.sorted.bam x.bam' "
        "and 'samtools index x.sorted.bam'"
    )
    assert refusal(path, make_index=True).startswith(f"{path}: no index can be made: the file is ")


def test_a_header_that_says_unsorted_of_sorted_reads_is_noted(make_bam):
    path = make_bam(TWO, header="@HD\tVN:1.6\tSO:unsorted\n" + CONTIGS + "@RG\tID:g\tSM:Ann\n")
    with open_alignments(path) as alignments:
        assert alignments.notes == [
            "x.bam: the header says unsorted, but the reads are in order of position"
        ]


def test_a_header_in_another_encoding_is_read(make_bam):
    header = "@SQ\tSN:q\tLN:1000\n@RG\tID:g\tSM:Ann\tCN:Universit\xe9\n"
    with open_alignments(make_bam(TWO, header=header, encoding="latin-1")) as alignments:
        assert (alignments.sample, alignments.names) == ("Ann", ("q",))
        assert alignments.reads("q", -5, 5000).start.tolist() == [10, 20]


def test_a_file_without_reads_has_no_contigs_with_reads(make_bam):
    with open_alignments(make_bam()) as alignments:
        assert alignments.contigs_with_reads() == ()
        assert len(alignments.reads("q", 0, 1000).start) == 0


def many_reads(count: int) -> str:
    bases = np.random.default_rng(0).choice(list("ACGT"), (count, 100))
    return "\n".join(
        f"read{i} 0 q {1 + 10 * i} 60 100M * 0 0 {''.join(row)} {'I' * 100} RG:Z:g"
        for i, row in enumerate(bases)
    )


@pytest.fixture
def damaged(make_bam):
    """9,000 reads over 90 kb, with one broken block in the middle of the file."""
    path = make_bam(many_reads(9000), header=LONG)
    data = bytearray(path.read_bytes())
    middle = len(data) // 2
    data[middle : middle + 40] = bytes(40)
    path.write_bytes(bytes(data))
    os.utime(f"{path}.bai")
    return path


def test_a_damaged_block_fails_its_own_region_and_no_other(damaged):
    with open_alignments(damaged) as alignments:
        failed = []
        for start in range(0, 90_000, 10_000):
            try:
                alignments.reads("q", start, start + 10_000)
            except CorruptRegion as error:
                failed.append((error.contig, error.start, error.end))
                message = str(error)
        # A block of 64 kB holds about 300 reads, 3 kb.
        assert 1 <= len(failed) <= 2
        contig, start, end = failed[-1]
        assert message == (
            f"{damaged}: cannot be read at {contig}:{start + 1:,}-{end:,} (the file or its index "
            "is damaged); copy or make it again"
        )
        assert len(alignments.reads("q", 89_000, 90_000).start) == 109


def test_a_file_without_its_end_is_read_as_far_as_it_goes(make_bam):
    path = make_bam(many_reads(9000), header=LONG)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    os.utime(f"{path}.bai")
    with open_alignments(path, allow_truncated=True) as alignments:
        found = [alignments.reads("q", start, start + 10_000) for start in range(0, 90_000, 10_000)]
        copy = pickle.loads(pickle.dumps(alignments))
    counts = [len(reads.start) for reads in found]
    assert counts[:4] == [1000, 1009, 1009, 1009]
    assert counts[5:] == [0, 0, 0, 0]
    assert len(copy.reads("q", 0, 90_000).start) > 4000
    copy.close()


def test_a_corrupt_region_keeps_its_place_between_processes():
    error = pickle.loads(pickle.dumps(CorruptRegion("text", "q", 5, 9)))
    assert (str(error), error.contig, error.start, error.end) == ("text", "q", 5, 9)


def test_nothing_of_htslib_is_printed(damaged, capfd):
    with open_alignments(damaged) as alignments, pytest.raises(CorruptRegion):
        alignments.reads("q", 0, 90_000)
    assert capfd.readouterr() == ("", "")


def test_a_search_path_keeps_its_folders_and_loses_its_addresses():
    assert local_places("/a/%2s/%s:http://www.ebi.ac.uk/cram/md5/%s:/b") == "/a/%2s/%s:/b"
    assert local_places("https://example.org/%s") == "/nowhere/%s"
    assert local_places("") == "/nowhere/%s"


@pytest.fixture
def cram(make_bam, tmp_path):
    """A CRAM of two reads, the FASTA it was made with, and its index."""
    fasta = tmp_path / "ref.fa"
    fasta.write_text(">q\n" + "ACGTACGTAA" * 100 + "\n")
    path = tmp_path / "x.cram"
    bam = make_bam(TWO, name="source.bam")
    pysam.faidx(str(fasta))
    with (
        pysam.AlignmentFile(str(bam)) as source,
        pysam.AlignmentFile(str(path), "wc", template=source, reference_filename=str(fasta)) as out,
    ):
        for read in source:
            out.write(read)
    pysam.index(str(path))
    return path


def without_paths(path: Path) -> None:
    """Rewrite the header of a CRAM so that UR names nothing on this machine."""
    fasta = path.with_name("ref.fa")
    fasta.rename(path.with_name("moved.fa"))
    fasta.with_name("ref.fa.fai").unlink()


def test_a_cram_is_read_with_its_reference(cram):
    with open_alignments(cram, reference=cram.with_name("ref.fa")) as alignments:
        assert alignments.reads("q", 0, 1000).start.tolist() == [10, 20]
        assert alignments.contigs_with_reads() == ("q",)
        copy = pickle.loads(pickle.dumps(alignments))
        assert copy.reads("q", 15, 1000).start.tolist() == [20]
        copy.close()


def test_a_cram_without_its_reference_is_refused(cram, monkeypatch):
    monkeypatch.delenv("SEQCNN_REFERENCE", raising=False)
    without_paths(cram)
    assert refusal(cram) == (
        f"{cram}: a CRAM's reads cannot be decoded without their reference; give the FASTA it was "
        "made with: --reference"
    )


def test_addresses_leave_the_search_path_before_a_cram_is_read(cram, monkeypatch):
    monkeypatch.setenv("REF_PATH", "https://example.org/%s")
    open_alignments(cram, reference=cram.with_name("ref.fa")).close()
    assert os.environ["REF_PATH"] == "/nowhere/%s"


def test_a_cram_with_another_reference_is_refused(cram, tmp_path):
    without_paths(cram)
    other = tmp_path / "other.fa"
    other.write_text(">q\n" + "ACGTACGTTT" * 100 + "\n")
    message = refusal(cram, reference=other)
    assert message.startswith(
        f"{cram}: {other} is not the reference it was made with: contig 'q' has another MD5 than "
        "M5 of the header, "
    )
    assert message.endswith("; give the FASTA it was made with: --reference")
    other.write_text(">z\nACGT\n")
    Path(f"{other}.fai").unlink(missing_ok=True)
    assert refusal(cram, reference=other) == (
        f"{cram}: no contig of it is in {other}; give the FASTA it was made with: --reference"
    )


def test_a_cram_needs_its_reference_plain_or_bgzip(cram):
    packed = cram.with_name("packed.fa.gz")
    packed.write_bytes(gzip.compress(cram.with_name("ref.fa").read_bytes()))
    assert refusal(cram, reference=packed) == (
        f"{packed}: is gzip; to decode a CRAM it must be plain or bgzip: gunzip -c packed.fa.gz | "
        "bgzip > packed.fa.bgz"
    )


def test_a_truncated_cram_is_refused(cram):
    cram.write_bytes(cram.read_bytes()[:-38])
    assert refusal(cram, reference=cram.with_name("ref.fa")).startswith(
        f"{cram}: is cut short: the mark that ends a whole CRAM is absent"
    )


def test_a_cram_without_index_is_refused_with_the_command(cram):
    Path(f"{cram}.crai").unlink()
    fasta = cram.with_name("ref.fa")
    assert refusal(cram, reference=fasta) == (
        f"{cram}: has no index (looked for x.cram.crai or x.crai): run 'samtools index {cram}'"
    )
    with open_alignments(cram, reference=fasta, make_index=True) as alignments:
        assert len(alignments.reads("q", 0, 1000).start) == 2


@real
def test_bam_and_cram_of_the_same_reads_are_alike(tmp_path):
    path = tmp_path / "tiny.cram"
    path.write_bytes((TINY / "NA12878.chr22.tiny.cram").read_bytes())
    fasta = tmp_path / "q.fa"
    fasta.write_bytes((TINY / "q.fa").read_bytes())
    with (
        open_alignments(TINY / "NA12878.chr22.tiny.bam") as bam,
        open_alignments(path, reference=fasta, make_index=True) as cram,
    ):
        assert bam.sample == cram.sample == "1"
        ours, theirs = bam.reads("q", 1000, 3000), cram.reads("q", 1000, 3000)
    for name in ours._fields:
        assert np.array_equal(getattr(ours, name), getattr(theirs, name)), name
