"""Settings of training, evaluation and prediction."""

from pathlib import Path
from typing import Any, Literal, Self

from pydantic import Field, field_validator

from seqcnn.settings.base import Settings

FEWEST_DRAWN = 120_000  # examples drawn in training at least, when steps are not given


class FitSettings(Settings):
    """How the loop trains; every step is counted in optimiser steps, never in epochs."""

    batch_size: int = Field(64, ge=1, description="sequences per optimiser step, over all devices")
    max_steps: int = Field(
        0,
        ge=0,
        description="optimiser steps at most; 0 = enough to draw 120,000 examples, or each "
        "--passes times where that is more",
    )
    passes: int = Field(4, ge=1, description="see --max-steps")
    validate_every: int = Field(0, ge=0, description="steps between validations; 0 = 20 in all")
    patience: int = Field(
        0, ge=0, description="stop after so many steps without a better validation; 0 = half of all"
    )
    checkpoint_every: int = Field(200, ge=1, description="steps between checkpoints")
    optimizer: Literal["adamw", "sgd"] = Field("adamw", description="AdamW, or SGD + momentum")
    lr: float = Field(1e-3, gt=0, description="peak learning rate")
    momentum: float = Field(0.9, ge=0, lt=1, description="of SGD")
    weight_decay: float = Field(1e-2, ge=0, description="decoupled for AdamW, L2 for SGD")
    l1: float = Field(0.0, ge=0, description="L1 penalty on weights (not biases or norms)")
    warmup_steps: int = Field(
        0, ge=0, description="linear warm-up of the learning rate; 0 = a tenth of all steps"
    )
    schedule: Literal["cosine", "constant"] = Field("cosine", description="after the warm-up")
    clip_norm: float = Field(1.0, ge=0, description="gradient norm is clipped here; 0 = off")
    ema_decay: float = Field(
        0.99, ge=0, lt=1, description="moving average of the weights, used to predict; 0 = off"
    )
    precision: Literal["auto", "32", "bf16", "16"] = Field(
        "auto", description="auto = bf16 where the processor has it, else 32"
    )
    compile: bool = Field(False, description="torch.compile the network (needs a C++ compiler)")
    device: str = Field("auto", description="auto, cpu, cuda, cuda:1, mps")
    devices: int = Field(1, ge=1, description="processes or GPUs on this machine")
    nodes: int = Field(1, ge=1, description="machines")
    threads: int = Field(0, ge=0, description="CPU threads; 0 = all cores")
    seed: int = Field(0, ge=0, description="of everything random")
    tensorboard: bool = Field(False, description="write TensorBoard events beside metrics.csv")

    def with_steps(self, number: int) -> Self:
        """These settings with steps in place of 0, for `number` distinct training sequences."""
        drawn = max(FEWEST_DRAWN, self.passes * number)
        steps = self.max_steps or -(-drawn // self.batch_size)
        return self.model_copy(
            update={
                "max_steps": steps,
                "validate_every": self.validate_every or max(1, steps // 20),
                "warmup_steps": self.warmup_steps or steps // 10,
                "patience": self.patience or max(1, steps // 2),
            }
        )


class SequenceSettings(Settings):
    """Which files hold sequences, and how windows, labels and splits are made from them."""

    genome: Path | None = Field(None, description="FASTA: plain, gzip or bgzip; no index needed")
    peaks: list[Path] = Field(
        [],
        description="BED or narrowPeak files, one a track, plain or gz: FILE (its name names the "
        "track) or NAME=FILE; or a TSV sheet with columns file and name",
    )
    signal: list[Path] = Field(
        [],
        description="bigWig files, one a track: FILE or NAME=FILE; or a TSV sheet with columns "
        "file and name",
    )
    regions: Path | None = Field(
        None, description="BED of regions to tile with windows (with --signal); default: all"
    )
    hdf5: Path | None = Field(None, description="HDF5 in Basset's layout (train_in, train_out, …)")
    positives: Path | None = Field(
        None, description="BED or FASTA of bound sequences: FILE or NAME=FILE"
    )
    negatives: str = Field(
        "auto",
        description="BED or FASTA of unbound sequences, or how to make them: "
        "shuffle (keeps dinucleotides), genomic (same GC); auto = genomic for BED, else shuffle",
    )
    negatives_per_positive: int = Field(
        0, ge=0, description="when negatives are made; 0 = one, or 4 shuffles of each in training"
    )
    strength: Literal["none", "order", "score"] = Field(
        "none",
        description="how strong each positive is: order (strongest first in the file) or score "
        "(BED column 5); the stronger are drawn more often in training, by 1 / (1 + rank / 500)",
    )
    table: Path | None = Field(
        None, description="CSV or TSV of sequences and labels, or FASTA with 'class:N' headers"
    )
    val_table: Path | None = Field(None, description="validation examples, as given")
    test_table: Path | None = Field(None, description="test examples, as given")
    sequence_column: str | None = Field(None, description="of the tables; default: found by name")
    label_column: str | None = Field(None, description="of the tables; default: found by name")
    target: Literal["both", "open", "signal"] = Field(
        "both", description="with --signal: open/closed labels, the signal itself, or both at once"
    )
    loss: Literal["log", "poisson"] = Field(
        "log", description="of the signal: squared error of log(1+x), or Poisson"
    )
    window: int = Field(600, ge=8, description="input length in bp")
    stride: int = Field(256, ge=1, description="bp between evaluated windows (with --signal)")
    train_stride: int | None = Field(
        None, ge=1, description="bp between training windows; default 32, smaller = more windows"
    )
    center: int = Field(192, ge=1, description="central bp whose mean signal is the target")
    open_above: float = Field(0.5, description="a window is open when its mean signal is above")
    min_overlap: int = Field(200, ge=1, description="peaks that overlap so many bp are merged")
    length: int | None = Field(
        None, ge=8, description="crop or pad sequences to this length around their centre"
    )
    splits: Path | None = Field(
        None,
        description="BED of train, val and test (column 4), as seqcnn split writes it; in place of "
        "contigs and shares",
    )
    val_contigs: list[str] = Field([], description="names or patterns, such as chr7 or 'valid_*'")
    test_contigs: list[str] = Field([], description="names or patterns, such as chr8,chr9")
    val_share: float = Field(0.1, gt=0, lt=1, description="when no validation split is given")
    test_share: float = Field(0.1, gt=0, lt=1, description="when no test split is given")
    split_seed: int = Field(0, ge=0, description="of splits and made negatives")
    contig_alias: str | None = Field(
        None, description="add-chr, strip-chr, roman, a two-column TSV, or a=b,c=d"
    )
    off_end: Literal["error", "drop"] = Field(
        "error", description="what to do with regions past the end of their contig"
    )
    ambiguous: Literal["share", "zero"] = Field(
        "share", description="N and other IUPAC codes become equal shares, or zeros"
    )
    stranded: bool = Field(
        False, description="one strand only: no reverse complements (RNA, promoters)"
    )
    subset: int | None = Field(None, ge=1, description="use so many training examples at most")


class DataSettings(SequenceSettings):
    """Which files hold the examples of any task: sequences, photographs, or reads."""

    regions: Path | None = Field(
        None,
        description="BED of regions to tile with windows (with --signal), or to draw sites of "
        "(with --bam, or one region such as chr20:1-5,000,000); default: all",
    )
    data: Path | None = Field(
        None,
        description="folder with one folder of JPEG or PNG images a class, or with train, val "
        "and test of such; without it: handwritten digits",
    )
    image_size: int = Field(224, ge=1, description="pixels on a side that the network sees")
    resize: int | None = Field(
        None,
        ge=1,
        description="images are scaled to so many pixels on their shorter side and cut to a "
        "square, from which crops are taken; default: 8/7 of the size (256 for 224)",
    )
    colour: Literal["auto", "rgb", "gray"] = Field(
        "auto", description="of images; auto = gray where all of them are"
    )
    flip: bool = Field(True, description="a mirror image shows the same")
    crops: Literal["ten", "centre"] = Field(
        "ten", description="of a test image, whose predictions are averaged"
    )
    broken: Literal["refuse", "skip"] = Field(
        "refuse", description="what to do with image files that cannot be read; they are named"
    )
    bam: list[Path] = Field([], description="BAM or CRAM files of samples with known genotypes")
    reference: list[Path] = Field([], description="FASTA of the reads: one, or one a BAM")
    truth: list[Path] = Field([], description="VCF of true genotypes, one a BAM")
    confident: list[Path] = Field(
        [], description="BED of regions in which the truth is whole, one a BAM"
    )
    val_bam: list[Path] = Field(
        [],
        description="those of --bam that are used for validation, calibration and testing; "
        "default: all. Name the ones in which variants are as common as in the data to be called",
    )
    preset: Literal["illumina", "hifi", "ont"] = Field(
        "illumina", description="what sequenced the reads"
    )
    encoder: Literal["compact", "combined", "deepvariant", "counts"] = Field(
        "compact",
        description="how pileup images are drawn; combined: with numbers counted at the site in "
        "the last row; counts: numbers alone, for small, fast networks",
    )
    scheme: Literal["joint", "pairs"] = Field(
        "joint",
        description="one image of a site's best two alleles and six genotypes, or as DeepVariant "
        "one an allele and a pair, and 0 to 2 copies",
    )
    rows: int = Field(0, ge=0, description="of a pileup image; 0 = the encoder's own")
    columns: int = Field(0, ge=0, description="of a pileup image; 0 = the encoder's own")
    realign: bool = Field(True, description="realign reads around indels")
    downsample: list[float] = Field(
        [], description="more images, of these shares of the fragments (0.5 0.25)"
    )
    balance: float = Field(
        0.5,
        ge=0,
        le=1,
        description="draw rare genotypes, and indels, more often in training: 0 = as often as they "
        "are, 1 = as often as common ones; at most 20 times",
    )
    images_folder: Path | None = Field(
        None,
        description="where drawn images are kept; default: $SEQCNN_CACHE, else the results' folder",
    )
    processes: int = Field(0, ge=0, description="that draw images; 0 = all cores")

    @field_validator("downsample")
    @classmethod
    def _shares(cls, value: list[float]) -> list[float]:
        if not all(0 < share < 1 for share in value):
            raise ValueError("wanted shares between 0 and 1, such as 0.5 0.25")
        return value


class TrainSettings(DataSettings, FitSettings):
    """Everything `seqcnn train` can be told."""

    task: str = Field("accessibility", description="accessibility, binding, images or variants")
    out: Path | None = Field(None, description="folder of the results [default: runs/TASK]")
    model: str = Field(
        "auto", description="a network (seqcnn models lists them); auto = the task's default"
    )
    model_arguments: dict[str, Any] = Field(
        {}, description="the network's own, as name=value (width=0.5 dropout=0.2)"
    )
    ensemble: int = Field(1, ge=1, description="networks trained; their outputs are averaged")
    ensemble_by: Literal["seeds", "folds"] = Field(
        "seeds", description="members differ by seed, or each validates on another fold"
    )
    weights: Path | None = Field(
        None,
        description="start from these: a checkpoint in torchvision's layout (.pth, .safetensors) "
        "or a bundle; what does not fit is named",
    )
    colour_noise: float = Field(
        0.1, ge=0, description="of images, along the principal components of their colours"
    )
    thin: float = Field(
        0.0, ge=0, le=1, description="share of pileup images that lose a part of their rows"
    )
    mine: float = Field(
        0.0,
        ge=0,
        lt=1,
        description="share of the steps, the last ones, that draw undecided examples more often",
    )
    shift: int = Field(8, ge=0, description="training windows move by up to so many bp")
    label_smoothing: float = Field(0.0, ge=0, lt=0.5, description="of classification targets")
    positive_weight: str = Field(
        "1", description="weight of positive labels: a number, or balanced (at most 50)"
    )
    calibration: Literal["auto", "temperature", "isotonic", "shifts", "none"] = Field(
        "auto", description="of probabilities, fitted on the validation split"
    )
    baselines: bool = Field(True, description="train the GC and 6-mer baselines too")
    resume: bool = Field(False, description="continue the run in --out where it stopped")
    overwrite: bool = Field(False, description="replace the run in --out")
    go_on: bool = Field(
        False,
        description="--resume if --out holds a run with these settings and data, --overwrite if it "
        "holds another begun with --go-on: the same command starts a run and continues it",
    )


class EvaluateSettings(DataSettings):
    """Everything `seqcnn evaluate` can be told; data settings default to those of training."""

    bundle: Path = Field(description="a trained bundle (model.safetensors)")
    split: Literal["train", "val", "test"] = Field("test", description="what to measure on")
    json_out: Path | None = Field(None, description="write all numbers here as JSON")
    baselines: bool = Field(True, description="train the GC and 6-mer baselines too")
    knn: bool = Field(
        False,
        description="nearest neighbours (k = 1, 3, 29) too, on 6-mer counts (or pixels) and on "
        "what the network's output layer reads",
    )
    device: str = Field("auto", description="auto, cpu, cuda, cuda:1, mps")
    precision: Literal["auto", "32", "bf16", "16"] = Field("auto", description="of the network")
    seed: int = Field(0, ge=0, description="of the bootstrap")


class PredictSettings(Settings):
    """Everything `seqcnn predict` can be told."""

    bundle: Path = Field(description="a trained bundle (model.safetensors)")
    input: Path = Field(
        description="regions (BED, with --genome), sequences (FASTA), an image or a folder of them"
    )
    out: Path = Field(description="a .tsv, a .tsv.gz, or a .bw of one output")
    genome: Path | None = Field(None, description="FASTA that the regions are of")
    output: str | None = Field(None, description="which output to write to a bigWig")
    step: int | None = Field(None, ge=1, description="tile regions: a prediction every so many bp")
    contig_alias: str | None = Field(
        None, description="add-chr, strip-chr, roman, a two-column TSV, or a=b,c=d"
    )
    distance: bool = Field(
        False,
        description="add how unlike the training data each input is: columns distance and "
        "unlike_training (distance above 1); takes as long again",
    )
    batch_size: int = Field(256, ge=1, description="sequences at a time")
    device: str = Field("auto", description="auto, cpu, cuda, cuda:1, mps")
    precision: Literal["auto", "32", "bf16", "16"] = Field("auto", description="of the network")
