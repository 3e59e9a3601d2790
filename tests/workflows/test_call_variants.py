"""workflows/call-variants: what it plans, what it refuses, and (slow) runs on the demo data."""

import csv
import hashlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import yaml
from workflow_runs import (
    DEMO,
    WORKFLOWS,
    environment,
    is_one_command,
    planned,
    shell_commands,
    snakemake,
    snakemake_command,
)

from seqcnn import call_variants
from seqcnn.api.calling_inputs import released_model
from seqcnn.errors import InputError

pytest.importorskip("snakemake", reason="needs snakemake: pip install 'seqcnn[workflows]'")

FOLDER = WORKFLOWS / "call-variants"
SNAKEFILE = FOLDER / "Snakefile"
BAM, REFERENCE = DEMO / "caller.bam", DEMO / "caller.fa.gz"
TRUTH = {"truth": DEMO / "caller_truth.vcf.gz", "confident": DEMO / "caller_confident.bed"}
COLUMNS = ("sample", "bam", "fastq_1", "fastq_2", "preset", "model", "truth", "confident")
needs_aligner = pytest.mark.skipif(
    not all(map(shutil.which, ("minimap2", "samtools"))), reason="needs minimap2 and samtools"
)


def write_sheet(folder: Path, *rows: dict[str, Any]) -> Path:
    path = folder / "samples.tsv"
    with path.open("w") as file:
        writer = csv.DictWriter(file, COLUMNS, delimiter="\t", restval="")
        writer.writeheader()
        writer.writerows(rows)
    return path


def call(folder: Path, sheet: Path, *words: object, **config: Any):
    """Run the workflow on the demo's reference in shards of 7 kb."""
    told = {"samples": str(sheet), "reference": str(REFERENCE), "shard_size": 7000, **config}
    (folder / "mine.yaml").write_text(yaml.safe_dump(told))
    return snakemake(SNAKEFILE, folder, "--configfile", folder / "mine.yaml", *words)


def touched(folder: Path, *names: str) -> list[str]:
    for name in names:
        (folder / name).touch()
    return [str(folder / name) for name in names]


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """No lines among those of the tests."""


@pytest.fixture
def address() -> Iterator[str]:
    """The demo data behind a URL of this machine."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(DEMO)))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_reads_are_aligned_by_the_program_for_them_and_urls_retrieved(tmp_path, address):
    pytest.importorskip("snakemake_storage_plugin_http", reason="needs the storage plugin http")
    touched(tmp_path, "a_1.fq.gz", "a_2.fq.gz", "b.fastq", "x.bam", "x.bam.csi")
    sheet = write_sheet(
        tmp_path,
        {"sample": "short", "fastq_1": "a_1.fq.gz", "fastq_2": "a_2.fq.gz"},
        {"sample": "long", "fastq_1": "b.fastq", "preset": "ont", "model": "own.safetensors"},
        {"sample": "given", "bam": "x.bam", **TRUTH},
        {"sample": "far", "bam": f"{address}/caller.bam"},
    )
    model, own = touched(tmp_path, "m.safetensors", "own.safetensors")
    # With the memory of a laptop, which jobs that pipes join must fit into together.
    outcome = call(
        tmp_path, sheet, "--dry-run", "--cores", "8", "--profile", WORKFLOWS / "profiles" / "local",
        aligner="bwa-mem2", markdup=True, model=model, regions=["demo_caller:1-9,000"],
        call_flags="--min-quality 5",
    )  # fmt: skip
    # Jobs that are joined by pipes are shown together, indented.
    outcome.stdout = re.sub("^ +", "", outcome.stdout, flags=re.MULTILINE)
    assert planned(outcome) == {
        "bwa_mem2_index": 1, "bwa_mem2": 1, "minimap2_index": 1, "minimap2": 1, "fixmate": 2,
        "sort_to_mark": 2, "markdup": 2, "index": 2, "call": 8, "gather": 4, "compare": 1,
        "report": 1, "all": 1,
    }  # fmt: skip
    assert f"{address}/caller.bam (retrieve from storage)" in outcome.stdout
    assert f"{address}/caller.bam.bai (retrieve from storage)" in outcome.stdout
    assert not list(tmp_path.rglob("caller.bam"))
    commands = shell_commands(outcome)
    programs = ("seqcnn", "samtools", "minimap2", "bwa-mem2")
    assert all(is_one_command(command, *programs) for command in commands)
    (aligned,) = [one for one in commands if one.startswith("bwa-mem2 mem")]
    assert r"-t 6 -R '@RG\tID:short\tSM:short\tPL:ILLUMINA' results/index/bwa-mem2 " in aligned
    (aligned,) = [one for one in commands if one.startswith("minimap2 -a")]
    assert r"-x map-ont -t 6 -R '@RG\tID:long\tSM:long\tPL:ONT' results/index/ont.mmi" in aligned
    (called,) = [
        one for one in commands
        if one.startswith(f"seqcnn call-variants {tmp_path}/x.bam") and "7001-9000" in one
    ]  # fmt: skip
    (shards,) = {one.rpartition("/")[0] for one in called.split() if "results/shards/" in one}
    assert re.fullmatch(r"results/shards/given/[0-9a-f]{8}", shards)
    assert called.split(" > ")[0] == (
        f"seqcnn call-variants {tmp_path}/x.bam --reference {REFERENCE} --model {model} "
        "--regions demo_caller:1-9,000 --preset illumina --min-quality 5 "
        "--shard demo_caller:7001-9000 "
        f"--out {shards}/demo_caller:7001-9000.calls --threads 1"
    )
    of_long = [one for one in commands if "call-variants results/marked/long.bam" in one]
    assert len(of_long) == 2 and all(f"--model {own} " in one for one in of_long)
    assert all(" --preset ont " in one for one in of_long)


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ({"bam": "x.sam"}, "['s']['bam']:\n    'x.sam'"),
        ({"bam": "x.bam", "preset": "nova"}, "['s']['preset']:\n    'nova'"),
        ({"bam": "x.bam", "fastq_1": "x.fq"}, "['s']['fastq_1']:\n    'x.fq'"),
        ({"truth": "x.vcf"}, "'fastq_1' is a required property"),
        ({"fastq_1": "x.txt"}, "['s']['fastq_1']:\n    'x.txt'"),
        ({"fastq_1": "x.fq", "confident": "x.bed"}, "'truth' is a dependency of 'confident'"),
        ({"bam": "x.bam", "thruth": "x.vcf"}, "'thruth' was unexpected"),
        ({"bam": "x.bam", "model": "x.pt"}, "['s']['model']:\n    'x.pt'"),
    ],
)
def test_what_is_wrong_in_the_sheet_is_named_by_row_and_column(row, said):
    from snakemake.exceptions import WorkflowError
    from snakemake.utils import validate

    with pytest.raises(WorkflowError) as error:
        validate({"samples.tsv": {"s": row}}, str(FOLDER / "samples.schema.yaml"))
    assert said in str(error.value)
    assert "samples.tsv" in str(error.value)


URL = "https://example.org/x.fa"


@pytest.mark.parametrize(
    ("told", "said"),
    [
        ({"shard_szie": 7}, "'shard_szie' was unexpected"),
        ({"reference": URL}, "'fai' is a required property"),
        ({"regions": ["https://example.org/x.bed"]}, "'https://example.org/x.bed' does not match"),
    ],
)
def test_a_wrong_configuration_is_refused(told, said):
    from snakemake.exceptions import WorkflowError
    from snakemake.utils import validate

    schema = str(FOLDER / "config.schema.yaml")
    right = {"samples": "x.tsv", "reference": "x.fa", "regions": ["chr1:1-2,000", "a b/x.bed"]}
    validate(dict(right), schema)
    validate({**right, "reference": URL, "fai": "x.fai"}, schema)
    with pytest.raises(WorkflowError, match=said):
        validate({**right, **told}, schema)


def test_a_preset_without_a_released_model_needs_one(tmp_path):
    with pytest.raises(InputError, match="ont"):
        released_model("ont")
    assert all(released_model(name).is_file() for name in ("illumina", "hifi"))
    touched(tmp_path, "x.bam", "x.bam.bai")
    sheet = write_sheet(tmp_path, {"sample": "s", "bam": "x.bam", "preset": "ont"})
    outcome = call(tmp_path, sheet, "--dry-run")
    assert outcome.returncode == 1
    assert f"{sheet}: row 's', column 'preset': no model for ont is released" in outcome.stdout


@pytest.mark.slow
def test_a_bam_without_its_index_is_named(tmp_path):
    touched(tmp_path, "x.bam")
    sheet = write_sheet(tmp_path, {"sample": "s", "bam": "x.bam"})
    outcome = call(tmp_path, sheet, "--dry-run")
    assert outcome.returncode == 1 and f"{tmp_path}/x.bam.bai" in outcome.stdout


def test_another_workflow_takes_it_as_a_module(tmp_path):
    (tmp_path / "Snakefile").write_text(
        f"""
module calling:
    snakefile: {str(SNAKEFILE)!r}
    config: {{"reference": {str(REFERENCE)!r}, "samples": {str(FOLDER / "samples.tsv")!r}}}
    prefix: "called"

use rule * from calling as calling_*

rule mine:
    default_target: True
    input: rules.calling_all.input
"""
    )
    outcome = snakemake(tmp_path / "Snakefile", tmp_path, "--dry-run", "-p", "--cores", "1")
    assert planned(outcome) == {
        "calling_call": 1, "calling_gather": 1, "calling_compare": 1, "calling_report": 1,
        "mine": 1,
    }  # fmt: skip
    commands = shell_commands(outcome)
    assert all(is_one_command(command) for command in commands)
    gathered = (
        r"seqcnn gather called/results/shards/demo/\w{8}  --out called/results/calls/demo.vcf"
    )
    assert any(re.match(gathered, command) for command in commands)
    reported = "seqcnn report called/results/calls/demo.vcf.gz called/results/compared/demo "
    assert any(command.startswith(reported) for command in commands)


@pytest.mark.slow
def test_the_linter_and_the_formatter_have_nothing_to_say(tmp_path):
    outcome = snakemake(SNAKEFILE, tmp_path, "--lint")
    assert outcome.returncode == 0, outcome.stdout
    pytest.importorskip("snakefmt", reason="needs snakefmt: pip install snakefmt")
    words = [sys.executable, "-m", "snakefmt", "--check", str(SNAKEFILE)]
    checked = subprocess.run(words, capture_output=True, text=True)
    assert checked.returncode == 0, checked.stderr


def digests(vcf: Path) -> list[str]:
    """SHA-256 of a VCF and of its index."""
    paths = (vcf, vcf.with_name(vcf.name + ".tbi"))
    return [hashlib.sha256(path.read_bytes()).hexdigest() for path in paths]


def in_one_piece(bam: Path | str, folder: Path, **flags: Any) -> list[str]:
    return digests(call_variants(bam, REFERENCE, out=folder / "whole.vcf.gz", **flags).path)


@pytest.mark.slow
@needs_aligner
def test_samples_of_fastq_and_bam_are_called_as_in_one_piece(tmp_path, monkeypatch):
    names = [f"r_{mate}.fq.gz" for mate in (1, 2)]
    collated = subprocess.run(
        ["samtools", "collate", "-u", "-O", BAM], stdout=subprocess.PIPE, check=True
    )
    words = ["samtools", "fastq", "-1", names[0], "-2", names[1], "-0", "/dev/null", "-s",
             "/dev/null", "-"]  # fmt: skip
    subprocess.run(words, input=collated.stdout, cwd=tmp_path, check=True)
    sheet = write_sheet(
        tmp_path,
        {"sample": "lined", "fastq_1": names[0], "fastq_2": names[1], **TRUTH},
        {"sample": "given", "bam": BAM, "preset": "illumina", **TRUTH},
    )
    outcome = call(tmp_path, sheet, "--cores", "3", markdup=True)
    assert outcome.returncode == 0, outcome.stdout
    monkeypatch.chdir(tmp_path)
    calls = tmp_path / "results" / "calls"
    assert digests(calls / "given.vcf.gz") == in_one_piece(BAM, tmp_path, preset="illumina")
    assert digests(calls / "lined.vcf.gz") == in_one_piece("results/marked/lined.bam", tmp_path)
    for sample in ("given", "lined"):
        summary = json.loads((tmp_path / f"results/compared/{sample}/summary.json").read_text())
        assert summary["rows"][0]["recall"] > 0.85
    assert "lined" in (tmp_path / "results" / "report.html").read_text(encoding="utf-8")
    # Shards go once they are gathered.
    assert not list(tmp_path.rglob("*.calls"))
    again = call(tmp_path, sheet, "--cores", "3", markdup=True)
    assert "Nothing to be done" in again.stdout


def killed_at_work(folder: Path, sheet: Path, **config: Any) -> list[Path]:
    """Kill the workflow while its second shard is called; the journals that it leaves."""
    told = {"samples": str(sheet), "reference": str(REFERENCE), **config}
    (folder / "mine.yaml").write_text(yaml.safe_dump(told))
    words = ("--configfile", folder / "mine.yaml", "--cores", "1")
    running = subprocess.Popen(
        snakemake_command(SNAKEFILE, folder, *words), env=environment(folder),
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
    )  # fmt: skip
    for _ in range(60_000):
        journals = list(folder.rglob("*.calls.journal"))
        done = [one for one in folder.rglob("*.calls") if one.name[0] != "."]
        # One shard whole, its journal gone, and the other at work.
        if len(done) == len(journals) == 1 and done[0].stem not in journals[0].name:
            if journals[0].read_bytes().count(b"payload") > 1:
                break
        assert running.poll() is None
        time.sleep(0.005)
    os.killpg(running.pid, signal.SIGKILL)
    running.wait()
    return journals


@pytest.mark.slow
def test_a_killed_run_goes_on_with_the_shard_at_work(tmp_path):
    sheet = write_sheet(tmp_path, {"sample": "s", "bam": BAM})
    config = {"call_flags": "--chunk-size 1000", "shard_size": 10_000}
    (journal,) = killed_at_work(tmp_path, sheet, **config)
    (done,) = tmp_path.rglob("demo*.calls")
    written = done.stat().st_mtime_ns
    # A killed run leaves its lock.
    assert call(tmp_path, sheet, "--unlock", "--cores", "1", **config).returncode == 0
    outcome = call(tmp_path, sheet, "--cores", "1", "--notemp", **config)
    assert outcome.returncode == 0, outcome.stdout
    (log,) = tmp_path.glob(f"logs/call/s/{journal.name.removesuffix('.calls.journal')}.log")
    assert re.search(r"going on after \d+ finished chunks", log.read_text())
    assert done.stat().st_mtime_ns == written
    assert not journal.exists()
    whole = in_one_piece(BAM, tmp_path)
    assert digests(tmp_path / "results" / "calls" / "s.vcf.gz") == whole


@pytest.mark.slow
def test_a_failing_shard_names_itself_and_leaves_the_others(tmp_path):
    damaged = tmp_path / "bad.bam"
    content = bytearray(BAM.read_bytes())
    middle = len(content) // 2
    content[middle : middle + 64] = bytes(64)
    damaged.write_bytes(content)
    shutil.copyfile(f"{BAM}.bai", f"{damaged}.bai")
    sheet = write_sheet(tmp_path, {"sample": "bad", "bam": damaged}, {"sample": "good", "bam": BAM})
    outcome = call(tmp_path, sheet, "--cores", "1", "--keep-going", "--retries", "1")
    assert outcome.returncode == 1
    assert (tmp_path / "results" / "calls" / "good.vcf.gz").exists()
    assert not (tmp_path / "results" / "calls" / "bad.vcf.gz").exists()
    failed = set(re.findall(r"logs/call/(\w+)/(\S+?)\.log", "".join(
        block for block in outcome.stdout.split("\n\n") if "Error in rule call" in block
    )))  # fmt: skip
    assert {sample for sample, _ in failed} == {"bad"}
    kept = {path.stem for path in tmp_path.glob("results/shards/bad/*/*.calls")}
    assert kept and kept.isdisjoint(region for _, region in failed)
    assert len(kept) + len(failed) == 3
    for _, region in failed:
        log = (tmp_path / f"logs/call/bad/{region}.log").read_text()
        assert f"{damaged}: cannot be read at demo_caller:" in log
    # Made whole again, it goes on; in shards of another size those that are left do not matter.
    shutil.copyfile(BAM, damaged)
    outcome = call(tmp_path, sheet, "--cores", "1", shard_size=10_000)
    assert outcome.returncode == 0, outcome.stdout
    made = digests(tmp_path / "results" / "calls" / "bad.vcf.gz")
    assert made == in_one_piece(damaged, tmp_path)


@pytest.mark.slow
def test_a_whole_human_genome_is_planned(tmp_path):
    # GRCh38: lengths of chr1 to chr22, X and Y.
    lengths = (
        248956422, 242193529, 198295559, 190214555, 181538259, 170805979, 159345973, 145138636,
        138394717, 133797422, 135086622, 133275309, 114364328, 107043718, 101991189, 90338345,
        83257441, 80373285, 58617616, 64444167, 46709983, 50818468, 156040895, 57227415,
    )  # fmt: skip
    names = [f"chr{name}" for name in (*range(1, 23), "X", "Y")]
    lines = [f"{name}\t{length}\t0\t60\t61\n" for name, length in zip(names, lengths, strict=True)]
    (tmp_path / "x.fa.fai").write_text("".join(lines))
    (reference,) = touched(tmp_path, "x.fa")
    touched(tmp_path, "x.bam", "x.bam.bai")
    sheet = write_sheet(tmp_path, {"sample": "s", "bam": "x.bam"})
    outcome = call(tmp_path, sheet, "--dry-run", reference=reference, shard_size=1_000_000)
    assert planned(outcome) == {"call": 3102, "gather": 1, "report": 1, "all": 1}
