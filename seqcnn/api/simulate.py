"""Simulate a sample: reads with known variants, aligned, with their truth."""

from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn

from seqcnn.api.out_file import require_room
from seqcnn.calling.simulate.long_reads import LONG_PROFILES, length_percentiles
from seqcnn.calling.simulate.part import Run
from seqcnn.calling.simulate.profile import (
    Profile,
    built_in_profile,
    read_profile,
    write_profile,
)
from seqcnn.calling.simulate.simulate import simulate as simulate_sample
from seqcnn.errors import InputError
from seqcnn.settings import resolve
from seqcnn.settings.simulate import SimulateSettings
from seqcnn.training.bar import Bar

RESULTS = ("sample.bam", "truth.vcf.gz", "confident.bed")


def simulate(
    reference: Path | str | None = None,
    *,
    config: Path | None = None,
    quiet: bool = True,
    **flags: Any,
) -> Path:
    """Make a sample with known variants in the folder `out`, and give that folder.

    It then holds sample.bam (sorted, indexed), truth.vcf.gz (phased, indexed), confident.bed,
    copies.bed and simulate.json (settings and counts).

    Raises:
        InputError: a file or setting cannot be used; nothing is then written.
    """
    given = {} if reference is None else {"reference": Path(reference)}
    settings = resolve(SimulateSettings, config, {**flags, **given}, {})
    _prepare(settings)
    profile = chosen_profile(settings)
    if settings.write_profile is not None:
        # It may lie in --out, which is not made before the reference has been read.
        settings.write_profile.parent.mkdir(parents=True, exist_ok=True)
        write_profile(settings.write_profile, profile)
    run = _run(settings, profile)
    console = Console(quiet=quiet, stderr=True, highlight=False)
    bar = Bar(
        TextColumn("simulating"), BarColumn(bar_width=24), MofNCompleteColumn(),
        TextColumn("parts"), TimeRemainingColumn(), console=console,
    )  # fmt: skip
    task = bar.add_task("parts", total=None)
    began: list[bool] = []

    def advance(done: int, total: int) -> None:
        # Only now: a refusal of the input is a line of its own.
        if not began:
            began.append(True)
            bar.start()
        bar.update(task, completed=done, total=total)

    try:
        simulate_sample(settings, run, advance)
    finally:
        if began:
            bar.stop()
    return settings.out


def _prepare(settings: SimulateSettings) -> None:
    if settings.aligner == "bwa" and settings.preset != "illumina":
        raise InputError(
            f"--aligner bwa maps short reads; leave it out with --preset {settings.preset}"
        )
    folder = settings.out
    held = [name for name in RESULTS if (folder / name).exists()]
    if held and not settings.overwrite:
        raise InputError(
            f"{folder}: holds a simulation already ({', '.join(held)}); pass --overwrite to "
            "replace it, or another --out"
        )
    require_room(folder)


def chosen_profile(settings: SimulateSettings) -> Profile:
    """The profile that the settings name, with their read and fragment lengths."""
    name = settings.profile
    if settings.preset != "illumina":
        long = LONG_PROFILES[settings.preset]
        percentiles = length_percentiles(long)
        if settings.fragment_length:
            percentiles = percentiles * settings.fragment_length / percentiles[50]
        flat = np.ones(101)
        return built_in_profile("novaseq")._replace(
            fragment_lengths=percentiles, gc=flat, dispersion=0.05, duplicates=0.0, chimeras=0.0
        )
    if name.endswith(".json"):
        profile = read_profile(name)
    elif Path(name).is_file():
        from seqcnn.calling.simulate.learn import learn_profile

        profile = learn_profile(Path(name))
    else:
        profile = built_in_profile(name)
    if settings.read_length:
        profile = profile._replace(read_length=settings.read_length)
    if settings.fragment_length:
        scale = settings.fragment_length / profile.fragment_lengths[50]
        profile = profile._replace(fragment_lengths=profile.fragment_lengths * scale)
    return profile


def _run(settings: SimulateSettings, profile: Profile) -> Run:
    def otherwise(given: float | None, learned: float) -> float:
        return learned if given is None else given

    return Run(
        preset=settings.preset,
        profile=profile,
        coverage=settings.coverage,
        seed=settings.seed,
        contamination=settings.contamination,
        duplicates=otherwise(settings.duplicates, profile.duplicates),
        marked=settings.marked,
        chimeras=otherwise(settings.chimeras, profile.chimeras),
        dispersion=otherwise(settings.dispersion, profile.dispersion),
        gc_bias=float(np.clip(settings.gc_bias, 0, 10)),
        errors=settings.errors,
        stutter=settings.stutter,
        hotspots=settings.strand_errors,
    )
