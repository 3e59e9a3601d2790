"""One page and its tables over runs, calls, comparisons, scored variants and interpretations."""

import gzip
import json
import re
import shutil
from pathlib import Path

import numpy as np
import pytest
from collected_inputs import (
    write_calls,
    write_comparison,
    write_run,
    write_scores_table,
    write_scores_vcf,
)

from seqcnn.api.collect import report
from seqcnn.errors import InputError
from seqcnn.report.panels import Panel
from seqcnn.report.records import Finding


def links(page: Path) -> list[str]:
    return re.findall(r'href="([^"#][^"]*)"', page.read_text())


def test_seeds_of_a_network_are_told_as_mean_and_spread(tmp_path):
    paths = [
        write_run(tmp_path / f"s{seed}", seed=seed, auroc=value)
        for seed, value in enumerate((0.8, 0.9, 1.0))
    ]
    [row] = report(paths).networks.to_dict("records")
    assert (row["network"], row["runs"], row["seeds"]) == ("duplex", 3, 3)
    assert row["mean"] == pytest.approx(0.9)
    assert (row["min"], row["max"]) == (0.8, 1.0)
    assert row["sd"] == pytest.approx(0.1)  # of a sample
    assert row["minutes"] == pytest.approx(1.5)


def test_settings_other_than_the_seed_make_another_group(tmp_path):
    paths = [
        write_run(tmp_path / "a", lr=0.001),
        write_run(tmp_path / "b", lr=0.01, threads=4),
        write_run(tmp_path / "c", network="basset", threads=2),
    ]
    assert set(report(paths).runs["group"]) == {"duplex, lr 0.001", "duplex, lr 0.01", "basset"}


def test_runs_on_other_test_data_are_set_apart(tmp_path):
    paths = [
        write_run(tmp_path / "a"),
        write_run(tmp_path / "b", peaks="kidney.bed"),
        write_run(tmp_path / "c", split_seed=1),
        write_run(tmp_path / "d", network="basset", subset=50),  # trains on less only
    ]
    found = report(paths, out=tmp_path / "page.html").runs
    assert dict(zip(found["run"], found["same_test_data"], strict=True)) == {
        "a": "A", "b": "B", "c": "C", "d": "A",
    }  # fmt: skip
    assert "compare only runs of the same set" in (tmp_path / "page.html").read_text()


def test_a_run_is_told_beside_its_best_baseline(tmp_path):
    [row] = report(write_run(tmp_path / "a")).runs.to_dict("records")
    assert (row["baseline"], row["baseline_value"]) == ("6-mer regression", 0.8)
    assert row["gain"] == pytest.approx(0.1)
    assert (row["ece_before"], row["ece"], row["leakage"]) == (0.06, 0.02, "ok")


def test_the_page_says_what_is_wrong_with_runs(tmp_path):
    paths = [
        write_run(tmp_path / "worse", auroc=0.7),
        write_run(tmp_path / "leaky", network="basset", leakage="bad"),
    ]
    report(paths, out=tmp_path / "page.html")
    text = (tmp_path / "page.html").read_text()
    assert "Worse than their best baseline, which is then the better choice: worse." in text
    assert "the numbers flatter: leaky." in text
    assert "one seed only" in text


def test_calls_are_counted(tmp_path):
    [row] = report(write_calls(tmp_path / "a.vcf")).samples.to_dict("records")
    assert row["sample"] == "S"
    assert (row["records"], row["variants"], row["snps"], row["indels"]) == (8, 5, 4, 1)
    assert (row["transitions"], row["transversions"], row["ts_tv"]) == (3, 2, 1.5)
    assert (row["het"], row["hom"], row["filtered"]) == (3, 2, 1)
    assert (row["depth"], row["gq"]) == (30, 40)


def test_a_comparison_joins_the_sample_of_its_calls(tmp_path):
    calls = [write_calls(tmp_path / f"{name}.vcf", name) for name in ("one", "two")]
    compared = write_comparison(tmp_path / "compared", calls[1])
    found = report([*calls, compared], out=tmp_path / "page.html")
    assert list(found.samples["sample"]) == ["one", "two"]
    assert list(found.samples["report"]) == ["one.vcf", "compared/report.html"]
    assert found.accuracy[["sample", "type", "fn", "fp", "f1"]].to_numpy().tolist() == [
        ["two", "SNP", 3, 2, 0.99],
        ["two", "INDEL", 3, 2, 0.99],
    ]


def test_a_comparison_without_its_calls_is_a_row_of_its_own(tmp_path):
    found = report(write_comparison(tmp_path / "compared", tmp_path / "gone.vcf.gz"))
    assert list(found.samples["sample"]) == ["compared"]
    assert len(found.accuracy) == 2


def test_samples_of_one_name_carry_their_files(tmp_path):
    paths = [write_calls(tmp_path / f"{name}.vcf") for name in ("a", "b")]
    assert list(report(paths).samples["sample"]) == ["S (a.vcf)", "S (b.vcf)"]


def test_warnings_of_a_caller_are_told(tmp_path):
    path = write_calls(
        tmp_path / "a.vcf", more="##seqcnn_warnings=reads look unusual; be careful\n"
    )
    found = report(path, out=tmp_path / "page.html")
    assert found.samples["warnings"][0] == "reads look unusual; be careful"
    assert "S: reads look unusual" in (tmp_path / "page.html").read_text()


@pytest.mark.parametrize("write", [write_scores_table, write_scores_vcf])
def test_the_strongest_variants_of_each_track_come_first(tmp_path, write):
    found = report(write(tmp_path / "scored"), out=tmp_path / "page.html").variants
    assert found[["track", "rank", "pos", "difference"]].to_numpy().tolist() == [
        ["liver", 1, 20, -2.5],
        ["liver", 2, 30, 1.5],
        ["liver", 3, 10, 0.5],
        ["blood", 1, 30, -3.0],
        ["blood", 2, 20, 0.2],
        ["blood", 3, 10, -0.1],
    ]
    assert "4 alleles, 3 with a score; 2 tracks" in (tmp_path / "page.html").read_text()


def test_an_interpret_folder_gives_its_findings_and_a_link(tmp_path):
    folder = tmp_path / "read"
    folder.mkdir()
    Panel("filters", "Filters", "lead", findings=[Finding("bad", "dead <b>filters</b>")]).save(
        folder
    )
    (folder / "report.html").write_text("x")
    found = report(folder, out=tmp_path / "page.html")
    assert list(found.findings["finding"]) == ["dead <b>filters</b>"]
    assert "read/report.html" in links(tmp_path / "page.html")
    assert "dead &lt;b&gt;filters" in (tmp_path / "page.html").read_text()


def test_links_hold_when_all_is_moved(tmp_path):
    first = tmp_path / "first"
    run = write_run(first / "runs" / "a b?#")
    calls = write_calls(first / "S.vcf")
    (first / "pages").mkdir()
    report([run, calls], out=first / "pages" / "all.html")
    moved = tmp_path / "moved" / "all"
    shutil.copytree(first, moved)
    shutil.rmtree(first)
    from urllib.parse import unquote

    page = moved / "pages" / "all.html"
    assert len(links(page)) == 6
    for link in links(page):
        assert (page.parent / unquote(link)).is_file(), link


def test_the_same_inputs_give_the_same_bytes(tmp_path):
    paths = [write_run(tmp_path / "a"), write_run(tmp_path / "b", seed=1),
             *(write_calls(tmp_path / f"{n}.vcf", str(n)) for n in range(3))]  # fmt: skip
    written = []
    for _ in range(2):
        report(paths, out=tmp_path / "page.html")
        written.append({file.name: file.read_bytes() for file in tmp_path.glob("page.*")})
    assert written[0] == written[1]
    assert set(written[0]) == {
        "page.html", "page.runs.tsv", "page.metrics.tsv", "page.networks.tsv", "page.samples.tsv",
    }  # fmt: skip


def test_names_of_files_and_samples_are_text_on_the_page(tmp_path):
    run = write_run(tmp_path / "<img src=x onerror=alert(1)>")
    calls = write_calls(tmp_path / "a.vcf", "<script>alert(2)</script>")
    report([run, calls], out=tmp_path / "page.html", title="<i>T</i>")
    text = (tmp_path / "page.html").read_text()
    assert "<img src=x" not in text
    assert "<script>alert" not in text
    assert "<i>T" not in text


def test_a_folder_stands_for_what_seqcnn_wrote_in_it(tmp_path):
    write_run(tmp_path / "runs" / "net" / "seed0")
    calls = write_calls(tmp_path / "calls.vcf")
    write_comparison(tmp_path / "compared", calls)
    write_calls(tmp_path / "foreign.vcf").write_text(
        calls.read_text().replace("##seqcnn_model=counting\n", "")
    )
    found = report(tmp_path)
    assert list(found.runs["run"]) == ["seed0"]
    assert list(found.samples["file"]) == ["calls.vcf"]
    assert len(found.accuracy) == 2


def test_one_that_is_given_twice_counts_once(tmp_path):
    run = write_run(tmp_path / "a")
    assert len(report([run, run, tmp_path / "." / "a"]).runs) == 1


SCORED = "contig\tpos\tid\tref\talt\ttrack\tdifference\tquantile\nc\t5\t.\tA\tC\tx\t1.5\t0.5\n"
WRONG = {
    "nothing": ("no such file or folder; wanted folders of seqcnn train", None),
    "empty/": ("a folder with nothing known in it; known: ", None),
    "notes.txt": ("is nothing that seqcnn report knows; known: ", "hello\n"),
    "page.html": ("is nothing that seqcnn report knows; name its folder", "<!DOCTYPE html><p>"),
    "half.json": ("not whole JSON", '{"split": "test", "CNN": {'),
    "lost.json": ("not as this seqcnn writes it (KeyError: 'mean')", '{"split": "t", "CNN": {}}'),
    "cut.vcf": ("has 3 columns, the header has 10", None),
    "short.tsv": (
        "not as score-variants writes it (ValueError: row 2 has too few",
        SCORED + "c\t7",
    ),
    "x.parquet": ("not as score-variants writes it (Arrow", "PAR1 and no more"),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_cannot_be_read_is_refused_by_name(tmp_path, name):
    message, text = WRONG[name]
    path = tmp_path / name
    if name.endswith("/"):
        path.mkdir()
    elif name == "cut.vcf":
        write_calls(path).write_text(path.read_text() + "chr1\t5000\t.\n")
    elif text is not None:
        path.write_text(text)
    with pytest.raises(InputError) as refused:
        report(path)
    assert str(refused.value).startswith(str(path))
    assert message in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_run_that_is_not_finished_is_said_to_be(tmp_path):
    (write_run(tmp_path / "a") / "results.json").unlink()
    with pytest.raises(InputError, match=r"a: holds a run that is not finished; go on with it"):
        report(tmp_path / "a")


@pytest.mark.parametrize(
    ("out", "message"),
    [
        ("page.txt", "the page is one .html file"),
        ("no/page.html", "there is no folder"),
        ("a/report.html", "is the report of a given folder"),
    ],
)
def test_a_page_is_refused_where_it_cannot_or_must_not_be_written(tmp_path, out, message):
    run = write_run(tmp_path / "a")
    with pytest.raises(InputError, match=message):
        report(run, out=tmp_path / out)


def test_a_numbers_file_without_known_numbers_does_not_stop_a_folder(tmp_path):
    write_run(tmp_path / "all" / "a")
    (tmp_path / "all" / "other.json").write_text(json.dumps({"what": "ever"}))
    assert len(report(tmp_path / "all").runs) == 1


def test_scores_cut_short_are_refused(tmp_path):
    path = tmp_path / "scored.tsv.gz"
    random = np.random.default_rng(0)
    rows = (f"c\t{pos}\t.\tA\tC\tx\t{random.random()}\t0.5\n" for pos in range(1, 9000))
    path.write_bytes(gzip.compress((SCORED + "".join(rows)).encode()))
    path.write_bytes(path.read_bytes()[:-2000])
    with pytest.raises(InputError, match=r"scored.tsv.gz: cut short or damaged"):
        report(path)


def test_a_table_beside_the_page_replaces_nothing_that_is_read(tmp_path):
    scored = tmp_path / "page.variants.tsv"
    scored.write_text(SCORED)
    with pytest.raises(InputError, match=r"page.variants.tsv: is the same file as"):
        report(scored, out=tmp_path / "page.html")
    assert scored.read_text() == SCORED
    assert not (tmp_path / "page.html").exists()
    checked = tmp_path / "checked"
    checked.mkdir()
    for name in ("check.json", "check.html"):
        (checked / name).write_text("{}")
    with pytest.raises(InputError, match=r"check.html: is the same file as"):
        report(checked, out=checked / "check.html")


def test_a_run_whose_seed_is_no_number_is_refused(tmp_path):
    with pytest.raises(InputError, match=r"a: not as this seqcnn writes it \(ValueError"):
        report(write_run(tmp_path / "a", seed="x"))


def test_a_track_of_a_vcf_keeps_its_name_whatever_stands_in_it(tmp_path):
    scored = tmp_path / "scored.vcf"
    scored.write_text(
        "##fileformat=VCFv4.2\n"
        '##seqcnn_track=<ID=1,Name="a\\\\b \\",Value=\\" <c>",Value="logit">\n'
        "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n"
        "chr1\t5\t.\tA\tC\t.\t.\tSEQCNN_DIFF=0.5\n"
    )
    assert list(report(scored).variants["track"]) == ['a\\b ",Value=" <c>']
