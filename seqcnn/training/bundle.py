"""A trained model is one safetensors file whose metadata is its card, as JSON."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

from seqcnn.atomic import whole_file
from seqcnn.errors import InputError
from seqcnn.models import create_model

FORMAT = 1
DISTANCE = "distance"
REQUIRED = ("format", "seqcnn", "architecture", "members", "task", "outputs", "encoder")


@dataclass(frozen=True)
class Bundle:
    """Weights of one or more networks of the same architecture, and their card.

    The card (all JSON): `format`, `seqcnn` (version that wrote it), `architecture` (name, dim,
    in_channels, out, arguments), `members`, `task` (name, target, settings), `channels`,
    `outputs`, `encoder`, `data` (names, sizes, sha256), `split`, `metrics`, `calibration`,
    `thresholds`, `distance`, `licence`, `created`, and `parts` (the cards of bundles within this
    one). `distance` are the tensors of the distance score; bundles of old have none.
    """

    card: dict[str, Any]
    states: tuple[dict[str, Tensor], ...]
    parts: Mapping[str, "Bundle"] = field(default_factory=dict)
    distance: Mapping[str, Tensor] = field(default_factory=dict)

    def save(self, path: Path | str) -> None:
        """Write the bundle, whole or not at all."""
        tensors = self._tensors()
        for name, part in self.parts.items():
            tensors |= {f"parts.{name}.{key}": tensor for key, tensor in part._tensors().items()}
        card = self._whole_card()
        with whole_file(path) as temporary:
            try:
                save_file(tensors, temporary, metadata={"card": json.dumps(card, sort_keys=True)})
            except SafetensorError as error:
                raise OSError(f"{error}") from error

    def _tensors(self) -> dict[str, Tensor]:
        named = {
            f"members.{member}.{name}": tensor
            for member, state in enumerate(self.states)
            for name, tensor in state.items()
        }
        named |= {f"{DISTANCE}.{name}": tensor for name, tensor in self.distance.items()}
        return {name: one.detach().cpu().contiguous().clone() for name, one in named.items()}

    def _whole_card(self) -> dict[str, Any]:
        card = {**self.card, "format": FORMAT, "members": len(self.states)}
        card.pop("parts", None)
        if self.parts:
            card["parts"] = {name: part._whole_card() for name, part in self.parts.items()}
        return card

    def networks(self) -> list[nn.Module]:
        """The networks in evaluation mode, on the CPU.

        Raises:
            InputError: the weights do not fit the architecture that the card names.
        """
        architecture = self.card["architecture"]
        networks = []
        for state in self.states:
            with torch.random.fork_rng([]):
                network = create_model(
                    architecture["name"],
                    dim=architecture["dim"],
                    in_channels=architecture["in_channels"],
                    out=architecture["out"],
                    **architecture["arguments"],
                )
            try:
                network.load_state_dict(state)
            except RuntimeError as error:
                first = str(error).splitlines()[1].strip() if "\n" in str(error) else str(error)
                raise InputError(
                    f"the bundle's weights do not fit its '{architecture['name']}': {first}"
                ) from None
            networks.append(network.eval())
        return networks


def load_bundle(path: Path | str) -> Bundle:
    """Read a bundle; nothing in it is executed.

    Raises:
        InputError: missing, truncated, not a bundle, or of another format version.
    """
    path = Path(path)
    card = read_card(path)
    cards = card.get("parts", {})
    states = [_empty(card), *(_empty(one) for one in cards.values())]
    distances: list[dict[str, Tensor]] = [{} for _ in states]
    place = {name: number for number, name in enumerate(cards, 1)}
    with safe_open(path, framework="pt") as opened:
        for key in opened.keys():
            kind, rest = key.split(".", 1)
            part = 0
            if kind == "parts":
                within, kind, rest = rest.split(".", 2)
                part = place[within]
            if kind == DISTANCE:
                distances[part][rest] = opened.get_tensor(key)
                continue
            member, name = rest.split(".", 1)
            states[part][int(member)][name] = opened.get_tensor(key)
    parts = {
        name: Bundle(one, tuple(states[number]), distance=distances[number])
        for number, (name, one) in enumerate(cards.items(), 1)
    }
    return Bundle(card, tuple(states[0]), parts, distances[0])


def _empty(card: dict[str, Any]) -> list[dict[str, Tensor]]:
    return [{} for _ in range(card["members"])]


def read_card(path: Path | str) -> dict[str, Any]:
    """The card of a bundle, without reading its weights.

    Raises:
        InputError: missing, truncated, not a bundle, or of another format version.
    """
    path = Path(path)
    if not path.exists():
        raise InputError(f"{path}: no such bundle; `seqcnn train` writes one as model.safetensors")
    if path.is_dir():
        raise InputError(f"{path}: is a folder; name the file, such as {path}/model.safetensors")
    try:
        with safe_open(path, framework="pt") as opened:
            metadata = opened.metadata() or {}
    except (SafetensorError, OSError) as error:
        raise InputError(
            f"{path}: not a whole safetensors file ({error}); copy or train it again"
        ) from None
    if "card" not in metadata:
        raise InputError(f"{path}: a safetensors file without seqcnn's card, so not a bundle")
    try:
        card: dict[str, Any] = json.loads(metadata["card"])
    except json.JSONDecodeError:
        raise InputError(f"{path}: its card is not JSON; train it again") from None
    if card.get("format") != FORMAT:
        raise InputError(
            f"{path}: bundle format {card.get('format')}, this seqcnn reads format {FORMAT}; "
            f"it was written by seqcnn {card.get('seqcnn', 'of unknown version')}"
        )
    missing = [name for name in REQUIRED if name not in card]
    if missing:
        raise InputError(f"{path}: its card lacks {', '.join(missing)}; train it again")
    return card
