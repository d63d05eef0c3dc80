"""Mix two networks of one descent: ``python -m training.between BEFORE AFTER SHARE CHECKPOINT``.

Each figure is ``SHARE`` of ``AFTER`` and the rest of ``BEFORE``, from which it was trained on. What lies between often
keeps what the one knew and has what the other learnt (Wortsman et al. 2022, "Robust fine-tuning of zero-shot models").
Each is a checkpoint or the folder of a shipped network. Needs the extra ``[train]``.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

import torch

from training import network
from training.network import Net


def between(before: Net, after: Net, share: float) -> Net:
    """Return a network whose every figure lies between those of two, at ``share`` of the way from the first."""
    old, new, net = before.state_dict(), after.state_dict(), Net(len(after.layers))
    net.load_state_dict({name: torch.lerp(old[name], new[name], share) for name in new})
    return net


def main(arguments: Sequence[str] | None = None) -> None:
    """Write the checkpoint of what lies between."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("before", type=Path)
    parser.add_argument("after", type=Path)
    parser.add_argument("share", type=float)
    parser.add_argument("checkpoint", type=Path)
    asked = parser.parse_args(arguments)
    network.save(between(network.begun(asked.before), network.begun(asked.after), asked.share), asked.checkpoint)


if __name__ == "__main__":
    main()
