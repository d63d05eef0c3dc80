"""Train a network: ``python -m training.train ORIGIN FOLDER CHECKPOINT`` (needs the extra ``[train]``).

``ORIGIN`` holds the pretrained network (``vocabulary.py``), ``FOLDER`` holds the permissive sets. The written
sentences stand in ``training/sentences``; one text in twenty is held out (``lessons.py``). The same seed and library
give the same weights on one machine; then ``training.export`` and ``training.fuse``.
"""

from __future__ import annotations

import argparse
import math
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from analysis.enrich.models.encoder.encoder import vocabulary_of
from analysis.enrich.models.encoder.network import Network
from training import bases, network, vocabulary
from training.bases import BASES
from training.batches import Row, figures, groups, rows
from training.examples import examples
from training.lessons import Lesson, of_sentences, of_sets
from training.network import Batch, Net
from training.pairs import joinable, pairs

PIECES = 1024  # in a batch
_SHOWN = 100  # steps between two lines
_WEIGHT = 0.002  # of a step in the mean of the weights, which is what is written (Izmailov et al. 2018)
_SHORTEST = 5  # means of a training that must fit into it: else a short one would write little but what it began with


def loss(said: Batch, right: Batch) -> Tensor:
    """Return the sum of the heads' losses, each by how much its answers are worth."""
    weight, told, named = right["w"], right["ww"], right["wt"]
    mood = F.cross_entropy(said["sent"], right["y"], reduction="none", label_smoothing=0.05)
    total = (mood * weight).sum() / weight.sum().clamp(min=1)
    total = total + 0.5 * _mean(_yes_no(said["int"], right["int"]), told)
    total = total + 0.3 * _mean(_one_of(said["sev"], right["sev"]), told * right["sevm"])
    for head, share in (("mv", 0.3), ("rel", 0.2), ("sw", 0.3)):
        total = total + share * _mean(_one_of(said[head], right[head]), named)
    total = total + 0.4 * _mean(_one_of(said["cmp"], right["cy"]), right["cw"])
    return total + 0.5 * _mean(_yes_no(said["span"], right["spy"]), right["sw_tok"])


def _one_of(scores: Tensor, right: Tensor) -> Tensor:
    return F.cross_entropy(scores, right, reduction="none")


def _yes_no(scores: Tensor, right: Tensor) -> Tensor:
    return F.binary_cross_entropy_with_logits(scores, right, reduction="none").sum(-1)


def _mean(losses: Tensor, weights: Tensor) -> Tensor:
    return (losses * weights).sum() / weights.sum().clamp(min=1)


def train(net: Net, once: Sequence[Row], written: Sequence[Row], asked: argparse.Namespace) -> None:
    """Train ``net`` and write the mean of its weights; written rows come ``repeat`` times a round, joined ones anew."""
    folder, rng = BASES[asked.base].folder, np.random.default_rng(asked.seed)
    source, pieces = Network(folder), vocabulary_of(folder)
    every, short = [*once, *written * asked.repeat], joinable(written)
    steps = int(len(groups([*every, *pairs(short, asked.pairs, rng, pieces)], rng, PIECES)) * asked.rounds)
    new = {id(part) for head in (net.mix, net.heads, net.cmp, net.span) for part in head.parameters()}
    old = [part for part in net.parameters() if id(part) not in new]
    heads = [part for part in net.parameters() if id(part) in new]
    optimizer = torch.optim.AdamW(
        [{"params": old, "lr": asked.rate}, {"params": heads, "lr": 10 * asked.rate}], weight_decay=0.01, fused=True
    )
    warm = max(20, steps // 15)
    rate = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: _share(step, warm, steps))
    done, since, losses = 0, time.monotonic(), list[float]()
    mean = AveragedModel(net, multi_avg_fn=get_ema_multi_avg_fn(1 - max(_WEIGHT, _SHORTEST / steps)))
    net.train()
    can = torch.cpu.get_capabilities()
    halves = bool(can.get("amx_bf16"))  # without its tiles half precision is slower, twice to twenty times
    while done < steps:
        for part, length in groups([*every, *pairs(short, asked.pairs, rng, pieces)], rng, PIECES)[: steps - done]:
            batch = {
                name: torch.from_numpy(value) for name, value in figures(part, length, source, pieces.unknown).items()
            }
            with torch.autocast("cpu", dtype=torch.bfloat16, enabled=halves):
                said = net(batch)
            missed = loss(said, batch)
            optimizer.zero_grad()
            missed.backward()
            nn.utils.clip_grad_norm_(net.parameters(), 1.0)
            optimizer.step()
            rate.step()
            mean.update_parameters(net)
            done += 1
            losses.append(float(missed.detach()))
            if done % _SHOWN == 0:
                print(
                    f"{done}/{steps} loss {np.mean(losses[-_SHOWN:]):.3f} {time.monotonic() - since:.0f} s", flush=True
                )
                network.save(mean.module, asked.checkpoint)
    network.save(mean.module, asked.checkpoint)


def _is_of(lesson: Lesson, names: Sequence[str]) -> bool:
    """Return whether a lesson stands in a set or a written file with one of ``names`` in its own."""
    return any(name in lesson.source for name in names)


def _begun(asked: argparse.Namespace) -> Net:
    """Return the network that training begins with."""
    if asked.start is None:
        return network.pretrained(vocabulary.weights_of(asked.origin), BASES[asked.base].layers)
    return network.begun(asked.start)


def _share(step: int, warm: int, steps: int) -> float:
    """Return the share of the full rate: up over ``warm`` steps, then down along a cosine."""
    way = min(1.0, max(0.0, (step - warm) / max(1, steps - warm)))
    return min(step / warm, 1.0) * 0.5 * (1 + math.cos(math.pi * way))


def main(arguments: Sequence[str] | None = None) -> None:
    """Train and write the checkpoint."""
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("origin", "folder", "checkpoint"):
        parser.add_argument(name, type=Path)
    bases.ask(parser)
    parser.add_argument("--rounds", type=float, default=2.5)
    parser.add_argument("--repeat", type=int, default=4, help="times that a written sentence comes in a round")
    parser.add_argument(
        "--often",
        metavar="NAME",
        nargs="+",
        default=[],
        help="sets and written files with a NAME in theirs come --times more",
    )
    parser.add_argument("--times", type=int, default=30)
    parser.add_argument("--pairs", type=int, default=5000)
    parser.add_argument("--rate", type=float, default=1e-4)
    parser.add_argument("--start", type=Path, help="a checkpoint to go on from, or the folder of a shipped network")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=2)
    asked = parser.parse_args(arguments)
    torch.set_num_threads(asked.threads)
    torch.manual_seed(asked.seed)
    base = BASES[asked.base]
    of_others = [lesson for lesson in of_sets(asked.folder) if not lesson.held]
    lessons = [lesson for lesson in base.read(of_sentences("sentences")) if not lesson.held]
    once, written = list(rows(examples(of_others, base))), list(rows(examples(lessons, base)))
    often = (lesson for lesson in (*of_others, *lessons) if _is_of(lesson, asked.often))
    once += asked.times * list(rows(examples(often, base)))
    print(f"{len(once)} texts of sets, {len(written)} written sentences", flush=True)
    net = _begun(asked)
    train(net, once, written, asked)


if __name__ == "__main__":
    main()
