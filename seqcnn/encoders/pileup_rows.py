"""Channels of compact pileup images, and the values of the pixels in a row."""

import numpy as np

CHANNELS = (
    *("read base", "base quality", "mapping quality", "strand", "allele", "difference"),
    "reference base",
)
BASE, QUALITY, MAPPING, STRAND, ALLELE, DIFFERENCE, REFERENCE = range(len(CHANNELS))

# Values of pixels. Those of bases and strands are DeepVariant's.
BASES = np.array([250, 30, 180, 100, 0], np.uint8)  # A C G T, anything else
FORWARD, BACKWARD = 70, 240
SAME, CLIPPED, DELETED, INSERTED, INSERTED_ELSEWHERE, MISMATCH = 50, 100, 150, 200, 225, 254
