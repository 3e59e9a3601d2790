"""Variants from reads: candidates, images, genotypes, VCF; and their comparison and simulation."""
