"""What is told of some runs. It imports nothing of ours: a process inherits its parent's peak of memory."""

import statistics


def medians(runs):
    """The median of each figure over some runs."""
    return {figure: statistics.median(run[figure] for run in runs) for figure in runs[0]}


def paired(runs, references):
    """The median of the ratios of each turn: what slows the machine down slows both."""
    return statistics.median(run["seconds"] / other["seconds"] for run, other in zip(runs, references, strict=True))
