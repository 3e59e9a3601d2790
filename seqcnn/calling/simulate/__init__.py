"""Simulated reads with known variants: two haplotypes, sequenced and aligned."""
