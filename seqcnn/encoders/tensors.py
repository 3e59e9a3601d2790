"""The last step of encoding, on the tensor's own device: codes to one-hot tensors."""

from functools import cache

import torch
from torch import Tensor
from torch.nn import functional

from seqcnn.encoders.dna import Ambiguous, channel_table


@cache
def _columns(ambiguous: Ambiguous, dtype: torch.dtype, device: torch.device) -> Tensor:
    # Kept on the device: a copy from the host at every batch would wait for the GPU. Made outside
    # inference mode, since a later training step may use the same table.
    with torch.inference_mode(False):
        return torch.from_numpy(channel_table(ambiguous).T.copy()).to(device, dtype)  # (15, 4)


def expand(
    codes: Tensor, *, ambiguous: Ambiguous = "share", dtype: torch.dtype = torch.float32
) -> Tensor:
    """One-hot (N, 4, L), contiguous, of uint8 codes (N, L), on the device of `codes`.

    `ambiguous` "share" gives each base that a code stands for an equal share, "zero" zeros.
    """
    columns = _columns(ambiguous, dtype, codes.device)
    return functional.embedding(codes.int(), columns).transpose(1, 2).contiguous()


def reverse_complement(x: Tensor) -> Tensor:
    """The reverse complement of one-hot tensors (N, 4, L), channels in the order A C G T."""
    return x.flip(1, 2)
