"""The verbs of `seqcnn interpret`, in the order of help and report, with a line on each."""

VERBS = {
    "filters": "First-layer filters as motifs: logos, database matches, what silencing costs.",
    "attributions": "Which bases an output rests on, behind a gate; motifs by TF-MoDISco.",
    "mutagenesis": "Change every base to every other: maps of what each change does.",
    "marginalisation": "Plant a motif, or a pair at a spacing, and measure what it adds.",
    "activations": "Maps of any layer, and the inputs that excite its channels most.",
    "embeddings": "An atlas of what the last layer sees, and the nearest neighbours of an input.",
    "weaknesses": "Adversarial, fooling and off-distribution inputs, and confidence in them.",
    "design": "Evolve sequences towards a wish over the tracks, within constraints.",
}
