"""Every network of the registry for the page of networks: a section a class, with its names."""

from functools import partial

from seqcnn.models import MODELS


def family_sections() -> str:
    """Markdown: each class once, in the order of the registry, and what the registry calls it."""
    names: dict[str, list[str]] = {}
    for name, made in MODELS.items():
        kind = made.func if isinstance(made, partial) else made
        names.setdefault(f"{kind.__module__}.{kind.__qualname__}", []).append(name)
    return "\n\n".join(
        f"::: {path}\n    options: {{members: false}}\n\n"
        f"`create_model` knows it as {', '.join(f'`{name}`' for name in known)}."
        for path, known in names.items()
    )
