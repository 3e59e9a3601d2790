import gzip
from pathlib import Path

import pysam
import pytest

from seqcnn.data.variants import Variant, read_variants, write_variants
from seqcnn.errors import InputError

HEADER = (
    "##fileformat=VCFv4.2",
    "##contig=<ID=chr1,length=1000>",
    "##contig=<ID=chr2,length=1000>",
    '##FILTER=<ID=LowQual,Description="low">',
    '##FORMAT=<ID=GT,Number=1,Type=String,Description="Genotype">',
    '##FORMAT=<ID=GQ,Number=1,Type=Integer,Description="Quality">',
)


def vcf(folder: Path, *records: str, samples: str = "A", header: tuple[str, ...] = HEADER) -> Path:
    path = folder / "file.vcf"
    columns = "#CHROM POS ID REF ALT QUAL FILTER INFO"
    if samples:
        columns += f" FORMAT {samples}"
    lines = [*header, "\t".join(columns.split()), *("\t".join(r.split()) for r in records)]
    path.write_text("\n".join(lines) + "\n")
    return path


def test_a_record_is_read_with_its_genotype_and_qualities(tmp_path: Path) -> None:
    path = vcf(tmp_path, "chr1 100 . a C,<DEL> 31.5 LowQual . GT:GQ 1|0:17")
    assert read_variants(path) == [
        Variant("chr1", 99, "A", ("C", "<DEL>"), (1, 0), 31.5, ("LowQual",), 17.0, True)
    ]


def test_a_vcf_that_was_gzipped_is_read(tmp_path: Path) -> None:
    plain = vcf(tmp_path, "chr1 100 . A C . PASS . GT 0/1", "chr2 7 . G T . PASS . GT 1/1")
    packed = tmp_path / "packed.vcf.gz"
    packed.write_bytes(gzip.compress(plain.read_bytes()))
    assert read_variants(packed) == read_variants(plain)


def test_a_gzip_that_was_cut_short_is_refused(tmp_path: Path) -> None:
    plain = vcf(tmp_path, *(f"chr1 {pos} . A C . PASS . GT 0/1" for pos in range(1, 900)))
    cut = tmp_path / "cut.vcf.gz"
    cut.write_bytes(gzip.compress(plain.read_bytes())[:-200])
    with pytest.raises(InputError, match=r"cut\.vcf\.gz: cannot be unpacked"):
        read_variants(cut)


def test_missing_values_are_told_from_absent_ones(tmp_path: Path) -> None:
    path = vcf(
        tmp_path,
        "chr1 1 . A C . . . GT ./1",
        "chr1 2 . A C . PASS . GT .",
        "chr1 3 . A C 0 PASS . GQ 5",
    )
    found = read_variants(path)
    assert [one.genotype for one in found] == [(-1, 1), (-1,), None]
    assert [one.quality for one in found] == [None, None, 0.0]
    assert [one.filters for one in found] == [(), (), ()]
    assert read_variants(vcf(tmp_path, "chr1 1 . A . . . . GT 0/0"))[0].alts == ()


def test_a_file_without_samples_has_no_genotypes(tmp_path: Path) -> None:
    path = vcf(tmp_path, "chr1 5 . A C . . .", samples="")
    assert read_variants(path)[0].genotype is None


def test_contigs_can_be_chosen(tmp_path: Path) -> None:
    path = vcf(tmp_path, "chr1 5 . A C . . . GT 0/1", "chr2 5 . A C . . . GT 0/1")
    assert [one.contig for one in read_variants(path, contigs=["chr2"])] == ["chr2"]


def test_a_contig_that_the_header_lacks_is_read(tmp_path: Path) -> None:
    path = vcf(tmp_path, "chr9 5 . A C . . . GT 0/1")
    assert str(read_variants(path)[0]) == "chr9:5 A>C"


@pytest.mark.parametrize(
    "records, message",
    [
        (("chr1 9 . A C . . . GT 0/1", "chr1 5 . A C . . . GT 0/1"), "chr1:5 comes after chr1:9;"),
        (
            (
                "chr2 9 . A C . . . GT 0/1",
                "chr1 5 . A C . . . GT 0/1",
                "chr2 10 . A C . . . GT 0/1",
            ),
            "chr2:10 comes after chr1:5;",
        ),
    ],
)
def test_an_unsorted_file_is_refused(
    tmp_path: Path, records: tuple[str, ...], message: str
) -> None:
    with pytest.raises(InputError, match=f"file.vcf: not sorted: {message} sort it first"):
        read_variants(vcf(tmp_path, *records))


def test_of_several_samples_one_must_be_chosen(tmp_path: Path) -> None:
    path = vcf(tmp_path, "chr1 5 . A C . . . GT 0/1 1/1", samples="A B")
    with pytest.raises(InputError, match=r"has 2 samples \(A, B\); choose with --which"):
        read_variants(path, flag="--which")
    with pytest.raises(InputError, match=r"\(A, B\); take one out: bcftools view -s NAME"):
        read_variants(path)
    assert read_variants(path, sample="B")[0].genotype == (1, 1)
    with pytest.raises(InputError, match="no sample 'C'; the file has A, B"):
        read_variants(path, sample="C")


@pytest.mark.parametrize(
    "content, message",
    [
        (None, "no such file; a VCF or BCF was wanted"),
        (b"", "the file is empty; a VCF has a header at least"),
        (b"chr1\t5\t9\n", "file.vcf: is not a VCF or BCF, or is damaged .a VCF begins with"),
        # Unpacked into a copy, whose name would mean nothing to the reader.
        (gzip.compress(b"chr1\t5\t9\n"), "file.vcf: is not a VCF or BCF, or is damaged .a VCF"),
    ],
)
def test_what_is_no_vcf_is_refused(tmp_path: Path, content: bytes | None, message: str) -> None:
    path = tmp_path / "file.vcf"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(InputError, match=message):
        read_variants(path)


def test_a_record_that_cannot_be_read_is_named_by_its_place(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    path = vcf(tmp_path, "chr1 5 . A C . . . GT 0/1", "chr1 x . A C . . . GT 0/1")
    with pytest.raises(InputError, match="record 2, after chr1:5, cannot be read"):
        read_variants(path)
    assert capfd.readouterr().err == ""


def test_a_file_cut_short_is_refused(tmp_path: Path) -> None:
    records = [Variant("chr1", 10 * i, "A", ("C",), (0, 1), 1.0 + i, ()) for i in range(9000)]
    path = tmp_path / "file.vcf.gz"
    write_variants(path, records, {"chr1": 100_000}, "A")
    path.write_bytes(path.read_bytes()[:30_000])
    with pytest.raises(InputError, match="truncated"):
        read_variants(path)


WRITTEN = [
    Variant("chr1", 9, "A", ("C",), (0, 1), 12.5, (), 30.0),
    Variant("chr1", 20, "AT", ("A", "ATT"), (1, 2), None, ("LowQual",), None, True),
    Variant("chr2", 5, "G", ("T",), (-1, -1), 0.0, ()),
]


@pytest.mark.parametrize("name", ["out.vcf", "out.vcf.gz"])
def test_written_variants_are_read_back(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    write_variants(
        path, WRITTEN, {"chr1": 1000, "chr2": 1000}, "me", header_lines=["##made=by hand"]
    )
    assert read_variants(path, sample="me") == WRITTEN
    text = gzip.decompress(path.read_bytes()) if name.endswith("gz") else path.read_bytes()
    assert b"##made=by hand\n" in text


def test_a_compressed_file_can_be_read_by_region(tmp_path: Path) -> None:
    path = tmp_path / "out.vcf.gz"
    write_variants(path, WRITTEN, {"chr1": 1000, "chr2": 1000}, "me")
    with pysam.VariantFile(str(path)) as file:
        assert [record.pos for record in file.fetch("chr1", 15, 30)] == [21]
    assert sorted(p.name for p in tmp_path.iterdir()) == ["out.vcf.gz", "out.vcf.gz.tbi"]


def test_a_contig_too_long_for_tbi_gets_csi(tmp_path: Path) -> None:
    path = tmp_path / "out.vcf.gz"
    far = Variant("chr1", 600_000_000, "A", ("C",), (0, 1), None, ())
    write_variants(path, [far], {"chr1": 700_000_000}, "me")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["out.vcf.gz", "out.vcf.gz.csi"]
    with pysam.VariantFile(str(path)) as file:
        assert [record.pos for record in file.fetch("chr1", 599_999_999)] == [600_000_001]


def test_a_folder_that_is_missing_is_an_input_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot write here"):
        write_variants(tmp_path / "none" / "out.vcf", WRITTEN, {"chr1": 1000, "chr2": 1000}, "me")
