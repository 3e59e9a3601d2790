"""Inputs of any kind of bundle: sequences, pictures, or the pileup of a site."""

from dataclasses import dataclass

import numpy as np
from rich.console import Console

from seqcnn.api.explain import explain
from seqcnn.api.interpret.inputs import Inputs, read_inputs, refuse_flags
from seqcnn.api.model import Model
from seqcnn.data.image_folders import ENDINGS, images_below
from seqcnn.errors import InputError
from seqcnn.settings.interpret.base import InterpretSettings
from seqcnn.tasks.encoding import Dataset, SequenceEncoding
from seqcnn.tasks.image_encoding import ImageEncoding


@dataclass(frozen=True)
class Given:
    """Examples that a bundle reads, and what is known of each.

    `labels` float32 (N, T) are of `label_names`: yes or no each, or in one column the index of the
    class in `label_names`. `sequences` has the codes where the examples are sequences.
    """

    examples: Dataset
    names: tuple[str, ...]
    labels: np.ndarray | None = None
    label_names: tuple[str, ...] = ()
    sequences: Inputs | None = None

    def __len__(self) -> int:
        return len(self.names)

    @property
    def classes(self) -> bool:
        """Whether the labels are classes, of which each input has one."""
        return self.labels is not None and len(self.label_names) > self.labels.shape[1]


def read_given(model: Model, settings: InterpretSettings, *, console: Console) -> Given:
    """The inputs of `settings.input`, as the bundle reads them.

    Sequences are read by `read_inputs`; for a bundle of images INPUT is a picture or a folder,
    whose pictures have the class that their own folder is named for.

    Raises:
        InputError: no input, or one that the bundle does not read.
    """
    refuse_flags(model, {"site": getattr(settings, "site", None)}, reads="pileups")
    if isinstance(model.encoding, SequenceEncoding):
        inputs = read_inputs(model, settings, console=console)
        examples = model.encoding.examples(inputs.codes)
        return Given(examples, inputs.names, inputs.labels, inputs.label_names, inputs)
    if isinstance(model.encoding, ImageEncoding):
        return _pictures(model, settings)
    raise InputError(
        f"{model.name}: reads {model.encoding.words}; pass a BAM as INPUT, --genome and --site"
    )


def site_images(
    model: Model, settings: InterpretSettings, site: str | None
) -> tuple[np.ndarray, tuple[str, ...]]:
    """Images uint8 (n, H, W, C) of a site in the BAM `settings.input`, and their names.

    Raises:
        InputError: no BAM or site, or nothing there to draw.
    """
    if settings.input is None or site is None:
        raise InputError(
            f"{model.name}: reads pileups of aligned reads: pass the BAM as INPUT, its reference "
            "as --genome, and --site chr20:10001436"
        )
    found = explain(
        settings.input,
        site,
        settings.genome,
        model=settings.bundle,
        contig_alias=settings.contig_alias,
    )
    images = found.drawn.images
    if not len(images) or not images.any():
        raise InputError(f"--site {site}: no usable read lies there; nothing can be drawn")
    where = f"{found.at.contig}:{found.at.pos + 1:,}"
    return images, tuple(f"{where}, image {i + 1}" if i else where for i in range(len(images)))


def _pictures(model: Model, settings: InterpretSettings) -> Given:
    path = settings.input
    if path is None:
        raise InputError("INPUT is needed: a picture (JPEG, PNG) or a folder of them")
    if not path.exists():
        raise InputError(f"{path}: no such file or folder; wanted JPEG or PNG images")
    files = [path] if not path.is_dir() else images_below(path)[0]
    if not files:
        raise InputError(f"{path}: no image in it ({', '.join(ENDINGS)})")
    if len(files) > settings.max_sequences:
        rows = np.arange(settings.max_sequences)
        if settings.choose == "random":
            generator = np.random.default_rng(settings.seed)
            rows = np.sort(generator.choice(len(files), settings.max_sequences, replace=False))
        files = [files[row] for row in rows]
    base = path if path.is_dir() else path.parent
    names = tuple(str(file.relative_to(base)) for file in files)
    number = {name: index for index, name in enumerate(model.outputs)}
    of = [number.get(file.parent.name) for file in files]
    known = all(one is not None for one in of)
    labels = np.array(of, np.float32)[:, None] if known else None
    return Given(model.encoding.examples(files), names, labels, model.outputs if known else ())
