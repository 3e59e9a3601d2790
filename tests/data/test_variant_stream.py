"""Records of a VCF as lines of text, whatever the file's compression."""

import gzip

import pysam
import pytest

from seqcnn.data.variant_stream import header_with, open_variant_stream
from seqcnn.errors import InputError

TEXT = (
    "##fileformat=VCFv4.2\n"
    "##contig=<ID=one,length=500>\n"
    '##contig=<assembly="x",ID=two>\n'
    '##INFO=<ID=AF,Number=A,Type=Float,Description="share">\n'
    '##INFO=<ID=SEQCNN_DIFF,Number=A,Type=Float,Description="of an earlier run">\n'
    '##FORMAT=<ID=GT,Number=1,Type=String,Description="genotype">\n'
    "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\ts1\ts2\n"
    "one\t10\trs1\tA\tC,G\t29.50\tPASS\tAF=0.50,1e-3\tGT\t0/1\t2|2\n"
    "one\t7\t.\tc\t<DEL>\t.\t.\t.\tGT\t./.\t0\n"
)


def written(path, data: bytes):
    path.write_bytes(data)
    return path


@pytest.mark.parametrize("kind", ["plain", "windows", "gzip", "bgzip"])
def test_lines_come_letter_for_letter(tmp_path, kind):
    data = TEXT.encode()
    path = tmp_path / "x.vcf.gz"
    if kind == "bgzip":
        with pysam.BGZFile(str(path), "w") as out:
            out.write(data)
    else:
        made = {"gzip": gzip.compress(data), "windows": data.replace(b"\n", b"\r\n")}
        written(path, made.get(kind, data))
    with open_variant_stream(path) as stream:
        lines = list(stream)
        assert stream.contigs == ["one", "two"]
        assert stream.read == stream.size
        assert ["\t".join(line.fields) for line in lines] == TEXT.split("\n")[7:9]
        assert [str(line) for line in lines] == ["one:10 A>C,G", "one:7 c><DEL>"]
        assert [line.pos for line in lines] == [9, 6]
        assert stream.where(lines[1]) == f"{path}:9"


def test_bcf_is_read_as_the_text_that_it_holds(tmp_path):
    plain = written(tmp_path / "x.vcf", TEXT.replace("<DEL>", "T").encode())
    with (
        pysam.VariantFile(str(plain)) as source,
        pysam.VariantFile(str(tmp_path / "x.bcf"), "wb", header=source.header) as target,
    ):
        for record in source:
            target.write(record)
    with open_variant_stream(tmp_path / "x.bcf") as stream:
        lines = list(stream)
        assert [line.fields[:6] for line in lines] == [
            ("one", "10", "rs1", "A", "C,G", "29.5"),
            ("one", "7", ".", "c", "T", "."),
        ]
        assert stream.where(lines[0]) == f"{tmp_path / 'x.bcf'}: record 1"


def test_info_is_added_to_and_that_of_an_earlier_run_makes_way(tmp_path):
    path = written(tmp_path / "x.vcf", TEXT.encode())
    with open_variant_stream(path) as stream:
        one, other = stream
        head = header_with(stream, ["##new"], "SEQCNN_")
    assert one.with_info("SEQCNN_X=1", "SEQCNN_").split("\t")[7] == "AF=0.50,1e-3;SEQCNN_X=1"
    assert other.with_info("SEQCNN_X=1", "SEQCNN_").split("\t")[7] == "SEQCNN_X=1"
    again = one._replace(fields=(*one.fields[:7], "SEQCNN_DIFF=2;AF=1;SEQCNN_X=3", "GT\t0"))
    assert again.with_info("SEQCNN_X=1", "SEQCNN_").endswith("\tAF=1;SEQCNN_X=1\tGT\t0")
    lines = TEXT.splitlines()
    assert head.splitlines() == [*lines[:4], lines[5], "##new", lines[6]]


HEAD = "##fileformat=VCFv4.2\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "the file is empty"),
        ("chr1\t10\n", "is no VCF or BCF"),
        (HEAD + "one\t1\t.\tA\tC\n", "x.vcf:3: has 5 columns, the header has 8"),
        (HEAD[:21], "no line of column names"),
        (HEAD[:21] + "one\t1\t.\tA\tC\t.\t.\t.\n", "no line of column names"),
        (HEAD + "one 1 . A C . . .\n", "x.vcf:3: has 1 columns"),
        (HEAD + "one\t1.5\t.\tA\tC\t.\t.\t.\n", "x.vcf:3: position '1.5' is no whole number"),
        (HEAD + f"one\t{'9' * 19}\t.\tA\tC\t.\t.\t.\n", "x.vcf:3: position '999.*' is no"),
        (HEAD + "one\t1\t.\t.\tC\t.\t.\t.\n", "x.vcf:3: REF '.' is no sequence of bases"),
        (HEAD + "one\t1\t.\tA\tC\t.\t.\t.\tGT\n", "x.vcf:3: has 9 columns, the header has 8"),
    ],
)
def test_what_is_no_vcf_is_refused(tmp_path, text, message):
    path = written(tmp_path / "x.vcf", text.encode())
    with pytest.raises(InputError, match=message), open_variant_stream(path) as stream:
        list(stream)


def test_a_bgzip_file_that_was_cut_between_blocks_is_refused(tmp_path):
    path = tmp_path / "x.vcf.gz"
    with pysam.BGZFile(str(path), "w") as out:
        out.write(TEXT.encode())
    path.write_bytes(path.read_bytes()[:-28])
    with pytest.raises(InputError, match="cut short"), open_variant_stream(path) as stream:
        list(stream)


def test_a_header_alone_has_no_records(tmp_path):
    with open_variant_stream(written(tmp_path / "x.vcf", HEAD.encode())) as stream:
        assert list(stream) == []
