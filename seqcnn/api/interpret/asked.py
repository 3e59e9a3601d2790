"""What a verb of `seqcnn interpret` is asked, by flags, a settings file, or keyword arguments."""

from pathlib import Path
from typing import Any, TypeVar

from seqcnn.api.model import Model
from seqcnn.api.out_file import require_room
from seqcnn.settings.base import resolve
from seqcnn.settings.interpret.base import InterpretSettings

Asked = TypeVar("Asked", bound=InterpretSettings)


def asked(
    kind: type[Asked],
    bundle: Path | str | Model,
    input: Path | str | None,
    config: Path | None,
    flags: dict[str, Any],
) -> tuple[Asked, bool]:
    """Settings of `kind`, and whether files are written: only where `out` was given, by keyword or
    in the file `config`; None is not given.

    Raises:
        InputError: an unknown setting, a value of the wrong type or range, or a folder that cannot
            be written.
    """
    path = Path(bundle.name or "model") if isinstance(bundle, Model) else Path(bundle)
    given = {name: value for name, value in flags.items() if name != "out" or value is not None}
    if input is not None:
        given["input"] = Path(input)
    settings = resolve(kind, config, {**given, "bundle": path}, {})
    write = "out" in settings.model_fields_set
    if write:
        require_room(settings.out)
    return settings, write
