"""What a report shows of candidate sites: their kinds, qualities, and mistakes by channel."""

import numpy as np
import numpy.typing as npt

from seqcnn.api.evaluation import Evaluation
from seqcnn.data.pileups import Pileups
from seqcnn.report.records import Mistake, Section, Table
from seqcnn.tasks.task import TaskData

EDGES = (0, 3, 7, 10, 15, 20, 25, 30, 40, 50)  # Phred, the lower edge of each bin
MOST_MISTAKES = 20
ACROSS = 4  # channels in a row of a picture
GAP = 3  # pixels between channels
RECALL = (
    "What reaches the network at all: true alleles of which enough reads show something. No "
    "network can find the others."
)
KINDS = (
    "Images of the test split by what they show. A false variant is called where there is none; a "
    "missed one is called as the reference; a wrong genotype is a variant that was called as "
    "another one."
)
PICTURES = " Pictures of mistakes show the channels of an image, four in a row: {channels}."
WORST = (
    "Sites called wrongly with the highest probabilities. The network reads counts of fragments, "
    "so there are no pictures of them."
)
QUALITY = (
    "The error that {name} promises, -10 log10 of a probability, beside the error that the test "
    "split shows. Where the share seen is far above the promised, {name} says too much."
)


def sections(data: TaskData, evaluation: Evaluation) -> list[Section]:
    """The tables of a task on sites; none for others."""
    examples = data.splits[evaluation.split]
    if not isinstance(examples, Pileups):
        return []
    pictures = has_pictures(examples)
    return [
        _recall(data),
        Section(
            "sites",
            "SNPs and indels",
            KINDS + (PICTURES.format(channels=", ".join(data.encoding.channels)) * pictures),
            kinds_table(examples, evaluation.values),
        ),
        *([] if pictures else [_worst(data, evaluation)]),
        *(
            Section(
                name.lower(),
                f"Calibration of {name}",
                QUALITY.format(name=name),
                phred_table(promised, wrong),
            )
            for name, promised, wrong in (
                ("GQ", *genotype_errors(examples, evaluation.values)),
                ("QUAL", *variant_errors(examples, evaluation.values)),
            )
        ),
    ]


def _recall(data: TaskData) -> Section:
    rows = []
    for kind, found in data.card["candidate_recall"].items():
        share = f"{found['found'] / found['of']:.2%}" if found["of"] else "-"
        rows.append((kind, found["found"], found["of"], share))
    table = Table(("Kind", "Candidates", "True alleles", "Share"), rows)
    return Section("recall", "Candidate recall", RECALL, table)


def has_pictures(examples: Pileups) -> bool:
    """Whether images are more than one pixel, which holds numbers."""
    return bool(np.prod(examples.images.shape[1:3]) > 1)


def _worst(data: TaskData, evaluation: Evaluation) -> Section:
    examples: Pileups = data.splits[evaluation.split]
    names = examples.locations()
    rows = [
        (
            names[row],
            _support(examples, row),
            data.outputs[int(examples.targets[row, 0])],
            data.outputs[evaluation.values[row].argmax()],
            f"{evaluation.values[row].max():.4f}",
        )
        for row in worst_rows(examples, evaluation.values)
    ]
    table = Table(("Site", "Support", "True", "Called", "Probability"), rows)
    return Section("mistakes", "Worst mistakes", WORST, table)


def kinds_table(examples: Pileups, values: npt.NDArray[np.floating]) -> Table:
    """Right and wrong calls by kind of image, from probabilities (n, K)."""
    true, called = examples.targets[:, 0].astype(np.int64), values.argmax(1)
    indel, two = examples.sites.indel(), examples.sites.shown[:, 1] > 0
    rows: list[tuple[str, int, int, int, int, str]] = []
    for name, kept in (
        ("SNP", ~indel & ~two),
        ("indel", indel & ~two),
        ("two alternative alleles", two),
        ("all", np.ones(len(true), np.bool_)),
    ):
        a, b = true[kept], called[kept]
        wrong = a != b
        share = f"{wrong.mean():.2%}" if kept.any() else "-"
        rows.append(
            (
                name,
                int(kept.sum()),
                int((wrong & (a == 0)).sum()),
                int((wrong & (b == 0)).sum()),
                int((wrong & (a > 0) & (b > 0)).sum()),
                share,
            )
        )
    return Table(
        ("Image", "Images", "False variants", "Missed", "Wrong genotypes", "Share wrong"), rows
    )


def genotype_errors(
    examples: Pileups, values: npt.NDArray[np.floating]
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.bool_]]:
    """Promised error (n,) of the called genotype, and whether it is wrong."""
    true, called = examples.targets[:, 0].astype(np.int64), values.argmax(1)
    return error_of(values, called), true != called


def variant_errors(
    examples: Pileups, values: npt.NDArray[np.floating]
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.bool_]]:
    """Promised probability that a called variant is none, and whether it is none."""
    calls = np.flatnonzero(values.argmax(1) > 0)
    return values[calls, 0].astype(np.float64), examples.targets[calls, 0] == 0


def error_of(
    values: npt.NDArray[np.floating], called: npt.NDArray[np.int64]
) -> npt.NDArray[np.float64]:
    """Probability (n,) of all classes but the called one; summed, as 1 - p has no small numbers."""
    others = values.astype(np.float64).copy()
    others[np.arange(len(others)), called] = 0
    return np.asarray(others.sum(1))


def phred_table(promised: npt.NDArray[np.floating], wrong: npt.NDArray[np.bool_]) -> Table:
    """Promised and seen errors by bins of -10 log10 of the promised one."""
    phred = -10 * np.log10(np.maximum(promised, 1e-10))
    place = np.searchsorted(EDGES, phred, "right") - 1
    rows = []
    for number, low in enumerate(EDGES):
        here = place == number
        if not here.any():
            continue
        high = f" to {EDGES[number + 1]}" if number + 1 < len(EDGES) else " and more"
        rows.append(
            (
                f"{low}{high}",
                int(here.sum()),
                f"{promised[here].sum():.1f}",
                int(wrong[here].sum()),
                f"{promised[here].mean():.2%}",
                f"{wrong[here].mean():.2%}",
            )
        )
    return Table(
        ("Phred", "Calls", "Errors promised", "Errors seen", "Share promised", "Share seen"), rows
    )


def mistakes(data: TaskData, evaluation: Evaluation) -> list[Mistake]:
    """Pictures of the worst mistakes; none where images are numbers."""
    examples: Pileups = data.splits[evaluation.split]
    if not has_pictures(examples):
        return []
    true, called = examples.targets[:, 0].astype(np.int64), evaluation.values.argmax(1)
    given = evaluation.values[np.arange(len(true)), called]
    worst = worst_rows(examples, evaluation.values)
    names = examples.locations()
    return [
        Mistake(
            channel_sheet(image[: len(image) - examples.number_rows]),
            f"{names[row]}; {_support(examples, row)}",
            data.outputs[true[row]],
            data.outputs[called[row]],
            float(given[row]),
            float(evaluation.values[row, true[row]]),
            sheet=True,
        )
        for row, image in zip(worst, examples.take(worst), strict=True)
    ]


def worst_rows(examples: Pileups, values: npt.NDArray[np.floating]) -> npt.NDArray[np.int64]:
    """The images called wrongly with the highest probabilities, the highest first."""
    true, called = examples.targets[:, 0].astype(np.int64), values.argmax(1)
    given = values[np.arange(len(true)), called]
    wrong = np.flatnonzero(true != called)
    return wrong[np.argsort(-given[wrong], kind="stable")][:MOST_MISTAKES]


def _support(examples: Pileups, row: int) -> str:
    depth, *alleles = examples.sites.depths[row].tolist()
    shown = [str(n) for n, k in zip(alleles, examples.sites.shown[row], strict=True) if k]
    return f"{' and '.join(shown)} of {depth} fragments"


def channel_sheet(image: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """The channels of an image (H, W, C) side by side, four in a row, as one gray picture."""
    height, width, channels = image.shape
    down = -(-channels // ACROSS)
    sheet = np.full((down * (height + GAP) - GAP, ACROSS * (width + GAP) - GAP, 1), 255, np.uint8)
    for channel in range(channels):
        y, x = divmod(channel, ACROSS)
        top, left = y * (height + GAP), x * (width + GAP)
        sheet[top : top + height, left : left + width, 0] = image[:, :, channel]
    return sheet
