"""workflows/profiles, envs and Dockerfile: options that exist, plans, and use as a module."""

import re
from pathlib import Path

import pytest
import yaml
from workflow_runs import DEMO, WORKFLOWS, planned, snakemake

pytest.importorskip("snakemake", reason="needs snakemake: pip install 'seqcnn[workflows]'")
from snakemake.cli import get_argument_parser

PROFILES = WORKFLOWS / "profiles"
README = WORKFLOWS / "README.md"


def profile(name: str) -> dict[str, object]:
    text = (PROFILES / name / "config.yaml").read_text(encoding="utf-8")
    return dict(yaml.safe_load(text))


@pytest.mark.parametrize("name", ["local", "slurm", "kubernetes"])
def test_every_key_of_a_profile_is_an_option_of_snakemake(name):
    keys = profile(name)
    executor = str(keys.get("executor", "local"))
    if executor != "local":
        pytest.importorskip(f"snakemake_executor_plugin_{executor}", reason="seqcnn[cluster]")
    known = get_argument_parser()._option_string_actions
    assert [key for key in keys if f"--{key}" not in known] == []


@pytest.mark.parametrize("name", ["local", "slurm", "kubernetes"])
def test_profiles_carry_on_where_a_run_stopped_and_beyond_a_job_that_fails(name):
    keys = profile(name)
    assert keys["keep-going"] is True and keys["rerun-incomplete"] is True
    defaults = keys["default-resources"]
    assert isinstance(defaults, dict)
    assert {"mem_mb", "runtime"} <= set(defaults)


def test_a_profile_for_many_machines_waits_for_files_and_tries_again():
    for name in ("slurm", "kubernetes"):
        keys = profile(name)
        assert int(str(keys["latency-wait"])) >= 30 and int(str(keys["retries"])) >= 1


def test_the_environment_and_the_image_have_the_programs_of_the_rules():
    text = (WORKFLOWS / "envs" / "seqcnn.yaml").read_text(encoding="utf-8")
    *packages, pip = yaml.safe_load(text)["dependencies"]
    named = {str(one).split()[0] for one in packages}
    assert {"python", "pip", "samtools", "bcftools", "htslib"} <= named
    assert pip["pip"][0].startswith("seqcnn[")
    image = (WORKFLOWS / "Dockerfile").read_text(encoding="utf-8")
    (install,) = re.findall(r"--no-install-recommends (.+) \\", image)
    assert {"bcftools", "bwa", "minimap2", "samtools", "tabix"} <= set(install.split())


@pytest.mark.slow
def test_the_modules_of_the_readme_are_planned(tmp_path: Path):
    (snakefile,) = re.findall(r"```python\n(.+?)```", README.read_text(encoding="utf-8"), re.DOTALL)
    path, sheet = tmp_path / "Snakefile", tmp_path / "samples.tsv"
    truth = f"{DEMO / 'caller_truth.vcf.gz'}\t{DEMO / 'caller_confident.bed'}"
    sheet.write_text(f"sample\tbam\ttruth\tconfident\ndemo\t{DEMO / 'caller.bam'}\t{truth}\n")
    for old, new in {
        "/path/to/seqcnn/workflows": str(WORKFLOWS),
        "/data/genome.fa": str(DEMO / "caller.fa.gz"),
        "/data/samples.tsv": str(sheet),
    }.items():
        assert old in snakefile
        snakefile = snakefile.replace(old, new)
    path.write_text(snakefile, encoding="utf-8")
    outcome = snakemake(path, tmp_path, "--dry-run", "--profile", PROFILES / "local")
    assert planned(outcome) == {
        "calling_call": 1, "calling_gather": 1, "calling_compare": 1, "count": 1, "all": 1,
    }  # fmt: skip
    assert "variants/results/calls/demo.vcf.gz" in outcome.stdout
