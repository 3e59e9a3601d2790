"""The command line: `seqcnn COMMAND`; one file a command, loaded only when it is the one asked."""

import os
import sys
import time
from collections.abc import Callable
from importlib import import_module
from typing import Any

import typer

from seqcnn.errors import InputError
from seqcnn.version import __version__

COMMANDS = {
    "check": "Read data as `train` would, and say what is wrong with them: findings, leakage.",
    "split": "Divide a genome's windows into training, validation and test, once for many runs.",
    "draw": "Draw the training images of samples ahead of `train`: a job a sample, on a cluster.",
    "train": "Train a network on your data, or on the demo data, and write its report.",
    "evaluate": "Measure a trained bundle on a split or on other data.",
    "call-variants": "Call variants from a BAM or CRAM: pileup images, a CNN, a VCF.",
    "gather": "Make one VCF of the shards of a call: the bytes of the call in one piece.",
    "explain": "Say why a position is, or is not, called: reads, gates, image, genotypes.",
    "score-variants": "Score what the variants of a VCF do to each track: VCF, TSV or Parquet out.",
    "interpret": "Read what the network has learned: filters, attributions, mutagenesis, …",
    "predict": "Predict for regions (BED), sequences (FASTA) or images: to TSV or bigWig.",
    "compare": "Compare called variants with a truth set, by haplotype, and report.",
    "simulate": "Make reads with known variants from a reference: BAM, truth VCF, BED.",
    "report": "Make one page of many runs, comparisons, call sets or interpretations.",
    "join": "Make one caller of a run on images and one on counts, which settle the easy sites.",
    "release": "Write a run's bundle for others, with its accuracy and limits in its card.",
    "demo": "Copy the demo data into a folder, and say what each file is.",
    "info": "Show what a bundle is: model, task, data, metrics.",
    "models": "List the networks, or show the layer table of one.",
    "doctor": "Show versions, devices, threads and measured speed of this machine.",
}
# Typer exports one of its usage errors; the others share its base.
UsageError: Any = typer.BadParameter.__base__
EPILOG = "Start with: seqcnn train --task accessibility   (demo data, about a minute)"


def build_app(wanted: str | None, verb: str | None = None) -> typer.Typer:
    """The whole application, with only the `wanted` command's code imported.

    Of a command that has verbs, only that of `verb` is.
    """
    app = typer.Typer(
        help="The classic image networks, from LeNet-5 to DenseNet, applied to biological "
        "sequence.",
        epilog=EPILOG,
        add_completion=False,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )

    @app.callback(invoke_without_command=True)
    def top(
        version: bool = typer.Option(False, "--version", help="Print the version and leave."),
    ) -> None:
        if version:
            typer.echo(__version__)
            raise typer.Exit

    for name, line in COMMANDS.items():
        function: Callable[..., None] = _not_loaded
        epilog = None
        if name == wanted:
            module = import_module(f"seqcnn.cli.{name.replace('-', '_')}")
            if hasattr(module, "VERBS"):
                app.add_typer(module.build(verb), name=name, help=line)
                continue
            function, epilog = module.command, getattr(module, "EPILOG", None)
        app.command(name, help=line, epilog=epilog)(function)
    return app


def main(arguments: list[str] | None = None) -> None:
    """Entry point; exit codes: 0 done, 1 a bug (traceback), 2 the user's input (one line)."""
    arguments = list(sys.argv[1:] if arguments is None else arguments) or ["--help"]
    wanted, verb = command_words(arguments)
    if wanted in WITH_VERBS and verb is None:
        arguments.append("--help")
    app = build_app(wanted, verb)
    try:
        code = app(args=gather_lists(arguments), prog_name="seqcnn", standalone_mode=False)
    except InputError as error:
        if os.environ.get("LOCAL_RANK", "0") == "0" or not _first_process_ended():
            print(f"seqcnn: {error}", file=sys.stderr)
        sys.exit(2)
    except UsageError as error:
        message = " ".join(error.format_message().split()).rstrip(".")
        command = f"seqcnn {wanted}" if wanted in COMMANDS else "seqcnn"
        if wanted in WITH_VERBS and verb in _verbs(wanted):
            command += f" {verb}"
        print(f"seqcnn: {message}; see {command} --help", file=sys.stderr)
        sys.exit(2)
    sys.exit(code)


# Commands whose second word is a verb.
WITH_VERBS = ("interpret",)


def command_words(arguments: list[str]) -> tuple[str | None, str | None]:
    """The command, and the verb of one that has verbs."""
    words = [word for word in arguments if not word.startswith("-")]
    wanted = words[0] if words else None
    verb = words[1] if len(words) > 1 and wanted in WITH_VERBS else None
    return wanted, verb


def _verbs(command: str | None) -> tuple[str, ...]:
    return tuple(import_module(f"seqcnn.cli.{command}").VERBS)


# Options that take several values after one flag, as a shell's `*.bed` gives them.
LISTS = {"--peaks", "--signal", "--val-contigs", "--test-contigs", "--model-arguments", "--regions"}
LISTS |= {"--track"}

# Other commands have options of the same names that take one.
LISTS_OF = {
    "draw": {"--bam", "--reference", "--truth", "--confident", "--downsample"},
    "train": {"--bam", "--reference", "--truth", "--confident", "--val-bam", "--downsample"},
    "interpret": {
        *("--motif", "--copies", "--up", "--down", "--forbid", "--keep"),
        *("--layer", "--channel", "--neighbours-of"),
    },
    "release": {"--comparison", "--not-for", "--source"},
}
LISTS_OF["check"] = LISTS_OF["evaluate"] = LISTS_OF["train"]


def gather_lists(arguments: list[str]) -> list[str]:
    """Repeat a list option before each of its values: `--peaks a b` -> `--peaks a --peaks b`."""
    command = next((word for word in arguments if not word.startswith("-")), "")
    lists = LISTS | LISTS_OF.get(command, set())
    gathered: list[str] = []
    current: str | None = None
    for word in arguments:
        if word.startswith("-"):
            current = word if word in lists else None
            if current is None:
                gathered.append(word)
        elif current is not None:
            gathered += [current, word]
        else:
            gathered.append(word)
    return gathered


def _first_process_ended(seconds: float = 5.0) -> bool:
    """Whether the process that started this one (--devices) ends too, as it does when it met the
    same error: it has then said so itself, and must not be killed by our end before it does."""
    parent = os.getppid()
    end = time.monotonic() + seconds
    while time.monotonic() < end and os.getppid() == parent:
        time.sleep(0.05)
    return os.getppid() != parent


def _not_loaded() -> None:
    raise AssertionError("only the wanted command runs")
