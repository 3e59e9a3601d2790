#!/bin/sh
# What caller_accuracy.py compares with and builds its simulated samples with: Debian's packages.
set -eu
apt-get update
apt-get install -y bcftools freebayes bwa samtools tabix art-nextgen-simulation-tools
