"""Variants scored from files to files, against predictions of edited sequences."""

import gzip
import os
import re
import signal
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pysam
import pytest

import seqcnn
from seqcnn.api.score_variants import score_variants
from seqcnn.api.score_variants_part import Part
from seqcnn.api.score_variants_summary import units_of
from seqcnn.api.score_variants_text import COLUMNS
from seqcnn.data.genome import Genome
from seqcnn.effects.score import VariantScorer
from seqcnn.encoders.dna import decode
from seqcnn.errors import InputError
from seqcnn.tasks.signals import OpenAndSignal

HEAD = """##fileformat=VCFv4.2
##contig=<ID=chr1,length=6000>
##contig=<ID=chr2,length=6000>
##INFO=<ID=AF,Number=A,Type=Float,Description="share">
##INFO=<ID=DB,Number=0,Type=Flag,Description="known">
##FILTER=<ID=low,Description="low">
##FORMAT=<ID=GT,Number=1,Type=String,Description="genotype">
#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\ts1\ts2
"""
FAST = {"background": "none", "shifts": "0", "precision": "32"}


@pytest.fixture(scope="module")
def model(trained):
    return seqcnn.load(trained["peaks"] / "model.safetensors", device="cpu", precision="32")


@pytest.fixture(scope="module")
def fasta(data) -> Path:
    return data / "genome.fa"


@pytest.fixture(scope="module")
def bases(fasta) -> dict[str, str]:
    genome = Genome(fasta)
    return {name: decode(genome.fetch(name, 0, 6000)) for name in genome.names}


def other(base: str, step: int = 1) -> str:
    return "ACGT"[("ACGT".index(base) + step) % 4]


@pytest.fixture(scope="module")
def records(bases) -> list[tuple]:
    """Contig, 1-based position, ID, REF, ALT: of every kind, not sorted."""
    one, two = bases["chr1"], bases["chr2"]
    # Indels that cannot be moved to the left.
    lost = next(at for at in range(600, 700) if one[at] != one[at + 3])
    come = next(at for at in range(700, 800) if one[at] != "T")
    return [
        ("chr2", 3001, "rs9", two[3000], other(two[3000])),
        ("chr1", 501, "rs1", one[500], f"{other(one[500])},{other(one[500], 2)}"),
        ("chr1", lost + 1, ".", one[lost : lost + 4], one[lost]),
        ("chr1", come + 1, "rs3;rs4", one[come], f"{one[come]}GAT,<DEL>,{other(one[come])}"),
        ("chr1", 801, "rs5", one[800:803], "".join(map(other, one[800:803]))),
        ("chr1", 10, "edge", one[9], other(one[9])),
        ("chrUn", 5, "away", "A", "C"),
        ("chr1", 5990, "far", one[5989:5991], one[5989]),
        ("chr2", 101, "star", two[100], "*"),
        ("chr2", 111, "none", two[110], "."),
        ("chr2", 9999, "off", "A", "C"),
    ]


@pytest.fixture(scope="module")
def vcf(records, tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("vcf") / "in.vcf"
    rows = [
        f"{contig}\t{pos}\t{name}\t{ref}\t{alt}\t{number}.50\t{('PASS', 'low', '.')[number % 3]}\t"
        f"{('AF=' + ','.join(['1e-3'] * len(alt.split(',')))) if number % 2 else '.'}\tGT\t"
        f"0/1\t1|0\n"
        for number, (contig, pos, name, ref, alt) in enumerate(records)
    ]
    path.write_text(HEAD + "".join(rows))
    return path


# What is scored


def windows(text: str, pos: int, ref: str, alt: str) -> tuple[list[str], list[str]]:
    """Windows of 100 bp of the reference and of the alternative, by both anchorings."""
    start = next((i for i, (a, b) in enumerate(zip(ref, alt, strict=False)) if a != b), 1)
    if len(ref) == len(alt):
        start = 0
    pos, ref, alt = pos + start, ref[start:], alt[start:]
    shorter = min(len(ref), len(alt))
    first = pos - 50 + shorter // 2
    edited = text[:pos] + alt + text[pos + len(ref) :]
    return tuple(
        [whole[first + step : first + step + 100] for step in (0, len(allele) - shorter)]
        for whole, allele in ((text, ref), (edited, alt))
    )


def test_scores_are_predictions_of_edited_sequences(model, vcf, fasta, bases, records):
    table = score_variants(model, vcf, fasta, **FAST)
    for contig, pos, name, ref, alts in (records[0], records[1], records[4]):
        for alt in alts.split(","):
            before, after = windows(bases[contig], pos - 1, ref, alt)
            rows = table[(table["id"] == name) & (table["alt"] == alt)]
            assert rows["track"].tolist() == list(model.outputs) == ["a", "b"]
            predicted = model.predict([before[0], after[0]]).to_numpy()
            np.testing.assert_allclose(rows["reference_value"], predicted[0], rtol=1e-5)
            np.testing.assert_allclose(rows["alternative_value"], predicted[1], rtol=1e-5)


def test_indels_are_scored_by_the_mean_logit_of_both_anchorings(model, vcf, fasta, bases, records):
    table = score_variants(model, vcf, fasta, **FAST)
    for place, alt in ((2, None), (3, records[3][4].split(",")[0])):
        contig, pos, _, ref, alts = records[place]
        alt = alt or alts
        both = windows(bases[contig], pos - 1, ref, alt)
        before, after = (
            model.logits(model.encoding.examples(list(rows))).mean(axis=0) for rows in both
        )
        rows = table[(table["pos"] == pos) & (table["alt"] == alt)]
        np.testing.assert_allclose(rows["reference"], before, rtol=1e-4, atol=1e-5)
        np.testing.assert_allclose(rows["difference"], after - before, atol=1e-5)
        assert (rows["spread"] > 0).all()


def test_the_table_has_a_row_for_each_allele_and_track_in_the_order_of_the_file(
    model, vcf, fasta, records
):
    table = score_variants(model, vcf, fasta, **FAST)
    assert tuple(table.columns) == COLUMNS
    alleles = [(name, pos, alt) for _, pos, name, _, alts in records for alt in alts.split(",")]
    found = list(zip(table["id"], table["pos"], table["alt"], strict=True))
    assert found == [one for one in alleles for _ in range(2)]
    status = table.groupby(["id", "alt"], sort=False)["status"].first().droplevel("id").tolist()
    assert status == [
        *("scored", "scored", "scored", "scored", "scored", "symbolic", "scored", "scored"),
        *("window_n", "unknown_contig", "window_n", "spanning_deletion", "no_alt", "off_contig"),
    ]
    known = table["status"] == "scored"
    assert table.loc[known, "difference"].notna().all()
    assert table.loc[~known, ["reference", "difference", "quantile"]].isna().all(axis=None)


def test_windows_over_the_end_are_scored_where_n_is_allowed(model, vcf, fasta):
    table = score_variants(model, vcf, fasta, max_n=1, **FAST)
    assert set(table.loc[table["id"].isin(["edge", "far"]), "status"]) == {"scored"}


def test_equal_indels_get_equal_scores(model, fasta, bases, tmp_path):
    text = bases["chr3"]
    place = next(at for at in range(500, 5000) if len(set(text[at : at + 4])) == 1)
    while text[place - 1] == text[place]:
        place -= 1
    letter = text[place]
    spellings = [
        (place, text[place - 1 : place + 1], text[place - 1]),
        (place + 1, letter * 2, letter),
        (place + 2, letter * 2, letter),
        (place - 2, text[place - 3 : place + 3], text[place - 3 : place + 2]),
    ]
    path = tmp_path / "x.vcf"
    head = HEAD.replace("\tFORMAT\ts1\ts2", "")
    path.write_text(head + "".join(f"chr3\t{p}\t.\t{r}\t{a}\t.\t.\t.\n" for p, r, a in spellings))
    table = score_variants(model, path, fasta, **{**FAST, "shifts": "-1,0,1"})
    first = table.iloc[:2]
    assert (first["difference"].abs() > 0).any()
    for row in range(2, len(table), 2):
        np.testing.assert_array_equal(
            table.iloc[row : row + 2][["reference", "difference", "spread"]],
            first[["reference", "difference", "spread"]],
        )


def test_a_swapped_record_has_the_opposite_score(model, fasta, bases, tmp_path):
    ref = bases["chr1"][500]
    tables = []
    for one, two, policy in ((ref, other(ref), "error"), (other(ref), ref, "swap")):
        path = tmp_path / "x.vcf"
        path.write_text(
            HEAD.replace("\tFORMAT\ts1\ts2", "") + f"chr1\t501\t.\t{one}\t{two}\t.\t.\t.\n"
        )
        tables.append(score_variants(model, path, fasta, ref_mismatch=policy, **FAST))
    assert set(tables[1]["status"]) == {"swapped"}
    np.testing.assert_array_equal(tables[1]["difference"], -tables[0]["difference"])
    np.testing.assert_array_equal(tables[1]["reference"], tables[0]["alternative"])
    np.testing.assert_array_equal(tables[1]["reference_value"], tables[0]["alternative_value"])


def test_several_networks_have_a_standard_deviation(trained, vcf, fasta):
    model = seqcnn.load(trained["peaks"] / "model.safetensors", device="cpu", precision="32")
    alone = score_variants(model, vcf, fasta, **FAST)
    assert alone["ensemble_sd"].isna().all()
    model.networks = [model.networks[0], model.networks[0]]
    twice = score_variants(model, vcf, fasta, **FAST)
    assert set(twice.loc[twice["status"] == "scored", "ensemble_sd"]) == {0}


# Backgrounds


def test_quantiles_are_of_the_background(model, vcf, fasta):
    table = score_variants(model, vcf, fasta, **{**FAST, "background": "random:40"})
    known = table[table["status"] == "scored"]
    steps = known["quantile"] * 40
    np.testing.assert_allclose(steps, steps.round(), atol=1e-4)
    assert known["quantile"].between(0, 1).all() and known["quantile"].nunique() > 3
    np.testing.assert_array_equal(
        known["signed_quantile"], known["quantile"] * np.sign(known["difference"])
    )
    again = score_variants(model, vcf, fasta, **{**FAST, "background": "random:40", "seed": 1})
    assert not again["quantile"].equals(table["quantile"])


def test_a_vcf_can_be_the_background(model, vcf, fasta):
    table = score_variants(model, vcf, fasta, **{**FAST, "background": str(vcf)})
    known = table[(table["status"] == "scored") & (table["track"] == "a")]
    sizes = known["difference"].abs().to_numpy()
    expected = (sizes[:, None] > sizes[None]).mean(axis=1)
    np.testing.assert_allclose(known["quantile"], expected, atol=1e-6)


@pytest.mark.parametrize("wanted", ["random:0", "random:many", "nowhere.vcf"])
def test_a_background_that_is_none_of_these_is_refused(model, vcf, fasta, wanted):
    with pytest.raises(InputError, match="wanted random:NUMBER, none, or a VCF"):
        score_variants(model, vcf, fasta, background=wanted)


# What is written


def test_the_vcf_keeps_everything_and_gains_info(model, vcf, fasta, tmp_path):
    out = score_variants(model, vcf, fasta, out=tmp_path / "out.vcf", **FAST)
    table = score_variants(model, vcf, fasta, **FAST)
    before, after = (
        [line for line in path.read_text().splitlines() if line[0] != "#"] for path in (vcf, out)
    )
    number = 0
    for one, two in zip(before, after, strict=True):
        old, new = one.split("\t"), two.split("\t")
        assert old[:7] + old[8:] == new[:7] + new[8:]
        kept = [entry for entry in new[7].split(";") if not entry.startswith("SEQCNN_")]
        assert ";".join(kept) == old[7].removeprefix(".")
        fields = dict(entry.split("=") for entry in new[7].split(";"))
        alleles = len(old[4].split(","))
        assert all(len(fields[name].split(",")) == alleles for name in fields if name != "AF")
        for allele, text in enumerate(fields["SEQCNN_DIFF"].split(",")):
            rows = table.iloc[number : number + 2]
            number += 2
            assert fields["SEQCNN_STATUS"].split(",")[allele] == rows["status"].iloc[0]
            if text == ".":
                assert rows["difference"].isna().all()
                continue
            found = [float(part) for part in text.split("|")]
            np.testing.assert_allclose(found, rows["difference"], rtol=1e-4)
            top = rows["difference"].abs().to_numpy().argmax()
            assert fields["SEQCNN_MAX_TRACK"].split(",")[allele] == str(top + 1)
    assert number == len(table)


def test_the_header_is_a_dictionary_of_the_fields(model, vcf, fasta, tmp_path):
    out = score_variants(model, vcf, fasta, out=tmp_path / "out.vcf.gz", **FAST)
    with pysam.VariantFile(str(out)) as file:
        fields = {name: field for name, field in file.header.info.items() if "SEQCNN" in name}
        assert all(field.number == "A" for field in fields.values())
        assert "tracks in the order of ##seqcnn_track" in fields["SEQCNN_DIFF"].description
        assert "SEQCNN_QUANTILE" not in fields and "SEQCNN_ENSEMBLE_SD" not in fields
        records = list(file)
    assert records[1].info["SEQCNN_STATUS"] == ("scored", "scored")
    assert records[1].id == "rs1" and records[1].samples["s2"].phased
    text = gzip.decompress(out.read_bytes()).decode()
    assert '##seqcnn_track=<ID=1,Name="a",Value="probability, calibrated">' in text


def test_numbers_of_one_track_can_be_filtered(model, vcf, fasta, tmp_path):
    out = score_variants(model, vcf, fasta, out=tmp_path / "o.vcf", track=["b"], **FAST)
    table = score_variants(model, vcf, fasta, track=["b"], **FAST)
    with pysam.VariantFile(str(out)) as file:
        assert file.header.info["SEQCNN_DIFF"].type == "Float"
        found = [value for record in file for value in record.info["SEQCNN_DIFF"]]
    known = [np.nan if value is None else value for value in found]
    np.testing.assert_allclose(known, table["difference"], rtol=1e-4)


def test_scoring_again_replaces_the_scores(model, vcf, fasta, tmp_path):
    once = score_variants(model, vcf, fasta, out=tmp_path / "1.vcf", **FAST)
    twice = score_variants(model, once, fasta, out=tmp_path / "2.vcf", **FAST)
    assert once.read_text().replace("x", "") != ""
    assert [line for line in once.read_text().splitlines() if "##seqcnn" not in line] == [
        line for line in twice.read_text().splitlines() if "##seqcnn" not in line
    ]


def test_scoring_again_replaces_what_the_header_says_of_the_run(model, vcf, fasta, tmp_path):
    once = score_variants(model, vcf, fasta, out=tmp_path / "1.vcf", **FAST)
    twice = score_variants(model, once, fasta, out=tmp_path / "2.vcf", track=["b"], **FAST)
    told = [line for line in twice.read_text().splitlines() if line.startswith("##seqcnn_")]
    assert [line.partition("=")[0] for line in told] == [
        "##seqcnn_score_variants",
        "##seqcnn_track",
    ]
    assert 'ID=1,Name="b"' in told[1]


def test_tracks_come_in_the_order_that_was_asked_for(model, vcf, fasta, tmp_path):
    table = score_variants(model, vcf, fasta, **FAST)
    turned = score_variants(model, vcf, fasta, track=["b", "a"], **FAST)
    assert list(turned["track"][:2]) == ["b", "a"]
    for track in ("a", "b"):
        np.testing.assert_array_equal(
            turned.loc[turned["track"] == track, "difference"],
            table.loc[table["track"] == track, "difference"],
        )
    out = score_variants(model, vcf, fasta, track=["b", "a"], out=tmp_path / "x.vcf", **FAST)
    assert '##seqcnn_track=<ID=1,Name="b"' in out.read_text()


@pytest.mark.parametrize("name", ["in.vcf", "link.vcf", "common.vcf"])
def test_a_file_that_is_read_is_not_written_over(model, vcf, fasta, tmp_path, name):
    for copy in ("in.vcf", "common.vcf"):
        (tmp_path / copy).write_bytes(vcf.read_bytes())
    (tmp_path / "link.vcf").symlink_to(tmp_path / "in.vcf")
    settings = {**FAST, "background": str(tmp_path / "common.vcf")}
    with pytest.raises(InputError, match=rf"--out .*{name}: is the same file as"):
        score_variants(model, tmp_path / "in.vcf", fasta, out=tmp_path / name, **settings)
    assert (tmp_path / "in.vcf").read_bytes() == vcf.read_bytes()
    assert len(list(tmp_path.iterdir())) == 3


def test_bcf_of_a_vcf_without_contig_lines_is_refused_at_once(model, fasta, bases, tmp_path):
    path = tmp_path / "in.vcf"
    base = bases["chr1"][499]
    columns = "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO"
    record = f"chr1\t500\t.\t{base}\t{other(base)}\t.\t.\t."
    path.write_text(f"##fileformat=VCFv4.2\n{columns}\n{record}\n")
    with pytest.raises(InputError, match="names no contigs in its header, as a BCF must"):
        score_variants(model, path, fasta, out=tmp_path / "x.bcf", **FAST)
    assert [found.name for found in tmp_path.iterdir()] == ["in.vcf"]
    assert score_variants(model, path, fasta, out=tmp_path / "x.vcf.gz", **FAST).exists()


def test_a_sorted_vcf_gets_an_index_and_an_unsorted_one_a_note(model, vcf, fasta, tmp_path, capsys):
    out = score_variants(model, vcf, fasta, out=tmp_path / "x.vcf.gz", quiet=False, **FAST)
    assert "not sorted" in capsys.readouterr().err
    assert not Path(f"{out}.tbi").exists()
    lines = vcf.read_text().splitlines(keepends=True)
    head = [line for line in lines if line[0] == "#"]
    rest = sorted(line for line in lines if line[0] != "#" and "chrUn" not in line)
    ordered = tmp_path / "sorted.vcf"
    ordered.write_text("".join(head + sorted(rest, key=lambda t: (t[:4], int(t.split()[1])))))
    out = score_variants(model, ordered, fasta, out=tmp_path / "x.vcf.gz", **FAST)
    with pysam.VariantFile(str(out)) as file:
        assert [record.id for record in file.fetch("chr2", 2900, 3100)] == ["rs9"]
    assert {path.name for path in tmp_path.iterdir()} == {
        *("x.vcf.gz", "x.vcf.gz.tbi", "sorted.vcf")
    }


@pytest.mark.parametrize("ending", ["tsv", "tsv.gz", "parquet"])
def test_tables_hold_what_python_gets(model, vcf, fasta, tmp_path, ending):
    settings = {**FAST, "background": "random:10"}
    out = score_variants(model, vcf, fasta, out=tmp_path / f"x.{ending}", **settings)
    table = score_variants(model, vcf, fasta, **settings)
    if ending == "parquet":
        found = pd.read_parquet(out)
    else:
        found = pd.read_csv(out, sep="\t")
    numbers = table.columns[6:-1]
    pd.testing.assert_frame_equal(
        found[numbers], table[numbers], check_dtype=False, rtol=1e-5, check_exact=False
    )
    texts = ["contig", "pos", "id", "ref", "alt", "track", "status"]
    assert (found[texts].to_numpy() == table[texts].to_numpy()).all()


def test_bcf_in_and_bcf_out(model, vcf, fasta, tmp_path):
    text = "".join(
        line for line in vcf.read_text().splitlines(keepends=True) if "chrUn" not in line
    )
    plain = tmp_path / "in.vcf"
    plain.write_text(text.replace("<DEL>", "A" * 9))
    out = score_variants(model, plain, fasta, out=tmp_path / "x.bcf", **FAST)
    again = score_variants(model, out, fasta, **FAST)
    table = score_variants(model, plain, fasta, **FAST)
    pd.testing.assert_frame_equal(again, table)


def test_a_vcf_without_records_keeps_its_header(model, fasta, tmp_path):
    path = tmp_path / "none.vcf"
    path.write_text(HEAD)
    table = score_variants(model, path, fasta, **FAST)
    assert len(table) == 0 and table["ref"].dtype == object and table["pos"].dtype == np.int64
    for ending in ("vcf.gz", "tsv", "parquet"):
        assert score_variants(model, path, fasta, out=tmp_path / f"x.{ending}", **FAST).exists()
    with pysam.VariantFile(str(tmp_path / "x.vcf.gz")) as file:
        assert list(file) == [] and list(file.header.samples) == ["s1", "s2"]
    assert len(pd.read_parquet(tmp_path / "x.parquet")) == 0


# Going on with a run that was stopped


def stop_after(monkeypatch, blocks: int, how) -> None:
    finish = Part.finish_block
    done = []

    def finish_block(self, counts):
        finish(self, counts)
        done.append(1)
        if len(done) == blocks:
            how()

    monkeypatch.setattr(Part, "finish_block", finish_block)


def die() -> None:
    raise MemoryError


@pytest.mark.parametrize("ending", ["vcf.gz", "vcf", "tsv.gz", "parquet"])
def test_a_run_that_died_is_gone_on_with_byte_for_byte(
    model, vcf, fasta, tmp_path, monkeypatch, ending
):
    settings = {**FAST, "background": "random:8", "batch_size": 2}
    whole = score_variants(model, vcf, fasta, out=tmp_path / f"whole.{ending}", **settings)
    out = tmp_path / f"x.{ending}"
    with monkeypatch.context() as patch:
        stop_after(patch, 3, die)
        with pytest.raises(MemoryError):
            score_variants(model, vcf, fasta, out=out, **settings)
    assert not out.exists()
    part = Path(f"{out}.part")
    with part.open("ab") as file:
        file.write(b"half a li")
    launched = []
    launch = VariantScorer.launch

    def counted(self, windows):
        launched.append(len(windows.ref))
        return launch(self, windows)

    monkeypatch.setattr(VariantScorer, "launch", counted)
    assert score_variants(model, vcf, fasta, out=out, **settings) == out
    assert out.read_bytes() == whole.read_bytes()
    # Three of six blocks, and not the background.
    assert len(launched) == 3
    assert sorted(path.name for path in tmp_path.iterdir()) == [f"whole.{ending}", f"x.{ending}"]


def test_a_signal_stops_after_a_block_and_the_next_run_goes_on(
    model, vcf, fasta, tmp_path, monkeypatch, capsys
):
    out = tmp_path / "x.vcf"
    with monkeypatch.context() as patch:
        stop_after(patch, 1, lambda: os.kill(os.getpid(), signal.SIGTERM))
        with pytest.raises(SystemExit) as leaving:
            score_variants(model, vcf, fasta, out=out, batch_size=2, quiet=False, **FAST)
    assert leaving.value.code == 143
    assert "run the same command again to go on" in capsys.readouterr().err
    score_variants(model, vcf, fasta, out=out, batch_size=2, quiet=False, **FAST)
    # Blocks that wait to be written are written before the end.
    assert re.search(r"going on after [1-4] finished", capsys.readouterr().err)
    whole = score_variants(model, vcf, fasta, out=tmp_path / "whole.vcf", batch_size=2, **FAST)
    assert out.read_bytes() == whole.read_bytes()


def test_other_settings_start_anew(model, vcf, fasta, tmp_path, monkeypatch, capsys):
    out = tmp_path / "x.vcf"
    with monkeypatch.context() as patch:
        stop_after(patch, 1, die)
        with pytest.raises(MemoryError):
            score_variants(model, vcf, fasta, out=out, batch_size=2, **FAST)
    settings = {**FAST, "shifts": "0,5"}
    score_variants(model, vcf, fasta, out=out, batch_size=2, quiet=False, **settings)
    assert "starting anew" in capsys.readouterr().err
    whole = score_variants(model, vcf, fasta, out=tmp_path / "w.vcf", batch_size=2, **settings)
    assert out.read_bytes() == whole.read_bytes()


# What is refused


def test_a_vcf_of_another_assembly_leaves_nothing(model, vcf, fasta, bases, tmp_path):
    path = tmp_path / "x.vcf"
    moved = [f"chr1\t{pos}\t.\t{bases['chr1'][pos + 7]}\tA\t.\t.\t.\n" for pos in range(1000, 1100)]
    path.write_text(HEAD.replace("\tFORMAT\ts1\ts2", "") + "".join(moved))
    with pytest.raises(InputError, match=r"x\.vcf:\d+: REF .* is the VCF of another assembly"):
        score_variants(model, path, fasta, out=tmp_path / "out.vcf.gz", **FAST)
    assert {found.name for found in tmp_path.iterdir()} == {"x.vcf"}


def test_wrong_refs_are_counted_and_warned_of(model, fasta, bases, tmp_path, capsys):
    path = tmp_path / "x.vcf"
    moved = [
        f"chr1\t{pos}\t.\t{bases['chr1'][pos + 7]}\tA,C,G,T\t.\t.\t.\n" for pos in range(1000, 1100)
    ]
    path.write_text(HEAD.replace("\tFORMAT\ts1\ts2", "") + "".join(moved))
    score_variants(model, path, fasta, ref_mismatch="skip", quiet=False, **FAST)
    said = capsys.readouterr().err
    assert "ref_mismatch" in said and "is the VCF of another assembly?" in said


def test_contigs_of_another_genome_are_refused(model, fasta, tmp_path):
    path = tmp_path / "x.vcf"
    path.write_text(HEAD.replace("\tFORMAT\ts1\ts2", "") + "plasmid\t5\t.\tA\tC\t.\t.\t.\n")
    with pytest.raises(InputError, match=r"none of its contigs \('plasmid'\) is in genome"):
        score_variants(model, path, fasta, out=tmp_path / "x.tsv", **FAST)
    assert {found.name for found in tmp_path.iterdir()} == {"x.vcf"}


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"track": ["A1"]}, "--track A1: not an output"),
        ({"out": "x.bed"}, "--out x.bed: ends in none of .vcf.gz, .vcf"),
        ({"out": "nowhere/x.vcf"}, "there is no folder nowhere"),
        ({"shifts": "1,b"}, "--shifts: wanted numbers of bp"),
        ({"shifts": "-9999,0"}, "--shifts -9999: moves variants out of the window of"),
        ({"ref_mismatch": "fix"}, "--ref-mismatch: "),
        ({"vcf": "nowhere.vcf"}, "nowhere.vcf: no such file"),
        ({"genome": "nowhere.fa"}, "nowhere.fa: no such file"),
        ({"genome": None}, "--genome is needed"),
        ({"vcf": None}, "--vcf is needed"),
    ],
)
def test_what_cannot_be_used_is_refused(model, vcf, fasta, settings, message):
    given = {"vcf": vcf, "genome": fasta, **FAST, **settings}
    with pytest.raises(InputError, match=message) as caught:
        score_variants(model, **given)
    assert "\n" not in str(caught.value)


def test_a_bundle_of_pileups_is_refused(vcf, fasta):
    bundle = Path(seqcnn.__file__).parent / "zoo" / "illumina.safetensors"
    with pytest.raises(InputError, match="this needs a bundle that reads sequences"):
        score_variants(bundle, vcf, fasta)


def test_units_are_those_of_each_part():
    target = OpenAndSignal()
    model = SimpleNamespace(outputs=("x", "y", "x signal", "y signal"), target=target)
    model.calibration = object()
    assert units_of(model) == ["probability, calibrated"] * 2 + ["signal"] * 2


def test_shifts_may_be_a_list(model, vcf, fasta):
    one = score_variants(model, vcf, fasta, **{**FAST, "shifts": [1, -1]})
    two = score_variants(model, vcf, fasta, **{**FAST, "shifts": "-1,1"})
    pd.testing.assert_frame_equal(one, two)
