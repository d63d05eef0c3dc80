"""The network that is trained: layers of a pretrained one and a head for every task (PyTorch)."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from training.export import NAMES
from training.origin import Floats

WIDTH, PARTS, LONGEST = 384, 12, 512
HEADS = {"sent": 4, "int": 5, "sev": 6, "mv": 11, "rel": 4, "sw": 5}
SPANS = 5
Batch = dict[str, Tensor]


class Layer(nn.Module):
    """One layer: attention and two dense steps, each with what it read added and normalised (Vaswani et al. 2017)."""

    def __init__(self) -> None:
        super().__init__()
        self.qkv, self.ao = nn.Linear(WIDTH, 3 * WIDTH), nn.Linear(WIDTH, WIDTH)
        self.fi, self.fo = nn.Linear(WIDTH, 4 * WIDTH), nn.Linear(4 * WIDTH, WIDTH)
        self.n1, self.n2 = nn.LayerNorm(WIDTH, eps=1e-12), nn.LayerNorm(WIDTH, eps=1e-12)
        self.d = nn.Dropout(0.1)

    def forward(self, x: Tensor, bias: Tensor) -> Tensor:
        """Return the states after this layer; ``bias`` hides padding."""
        rows, length, _ = x.shape
        # In full precision: on processors the way back through attention is slower by half figures.
        q, k, v = self.qkv(x).float().view(rows, length, 3, PARTS, WIDTH // PARTS).permute(2, 0, 3, 1, 4)
        with torch.autocast("cpu", enabled=False):
            seen = F.scaled_dot_product_attention(q, k, v, attn_mask=bias)
        x = self.n1(x + self.d(self.ao(seen.transpose(1, 2).reshape(rows, length, WIDTH))))
        found: Tensor = self.n2(x + self.d(self.fo(F.gelu(self.fi(x)))))
        return found


class Net(nn.Module):
    """Layers and heads. A batch holds embeddings, the mask, and per target its row and the piece that stands for it."""

    def __init__(self, depth: int) -> None:
        super().__init__()
        self.pos, self.n = nn.Parameter(torch.zeros(LONGEST, WIDTH)), nn.LayerNorm(WIDTH, eps=1e-12)
        self.layers = nn.ModuleList([Layer() for _ in range(depth)])
        self.mix = nn.Linear(2 * WIDTH, WIDTH)
        self.heads = nn.ModuleDict({name: nn.Linear(WIDTH, size) for name, size in HEADS.items()})
        self.cmp, self.span = nn.Linear(3 * WIDTH, 3), nn.Linear(WIDTH, SPANS)
        with torch.no_grad():
            for head in (self.mix, *self.heads.values(), self.cmp, self.span):
                head.weight.normal_(0, 0.02)
                head.bias.zero_()
            self.span.bias.fill_(-3)

    def states(self, embedded: Tensor, mask: Tensor) -> Tensor:
        """Return the states of every piece."""
        x = self.n(embedded + self.pos[None, : embedded.shape[1]])
        bias = (mask[:, None, None, :] - 1) * 1e4
        for layer in self.layers:
            x = layer(x, bias)
        return x

    def forward(self, batch: Batch) -> Batch:
        """Return the scores of every head: a row a target, ``span`` a row a piece, ``cmp`` a row a text."""
        x, mask = self.states(batch["E"], batch["mask"]), batch["mask"][..., None]
        mean = (x * mask.to(x.dtype)).sum(1) / mask.to(x.dtype).sum(1)
        z = torch.tanh(self.mix(torch.cat([x[batch["row"], batch["tpos"]], mean[batch["row"]]], -1)))
        first, second = z[batch["c1"]], z[batch["c2"]]
        said = {name: head(z).float() for name, head in self.heads.items()}
        pair = self.cmp(torch.cat([first, second, first - second], -1)).float()
        return {**said, "span": self.span(x).float(), "cmp": pair}


def pretrained(had: Mapping[str, Floats], depth: int) -> Net:
    """Return the first layers of a network as its origin has them, with new heads."""
    net = Net(depth)

    def give(to: Any, *names: str) -> None:
        to.copy_(torch.tensor(np.concatenate([had[name] for name in names])))

    with torch.no_grad():
        net.pos.copy_(torch.tensor(had["emb.pos"].reshape(-1, WIDTH) + had["emb.type"][:WIDTH]))
        give(net.n.weight, "emb.ln.w")
        give(net.n.bias, "emb.ln.b")
        for number, layer in enumerate(net.layers):
            for kind, end in (("weight", "w"), ("bias", "b")):
                give(getattr(layer.qkv, kind), *(f"l{number}.{part}.{end}" for part in "qkv"))
                for name in ("ao", "fi", "fo"):
                    give(getattr(getattr(layer, name), kind), f"l{number}.{name}.{end}")
                give(getattr(layer.n1, kind), f"l{number}.aln.{end}")
                give(getattr(layer.n2, kind), f"l{number}.oln.{end}")
    return net


def stored(path: Path) -> Net:
    """Return the network of a checkpoint."""
    state: dict[str, Any] = torch.load(path, map_location="cpu")
    net = Net(state["layers"])
    net.load_state_dict(state["sd"])
    return net.eval()


def save(net: Net, path: Path) -> None:
    """Write a checkpoint, which ``stored`` reads."""
    torch.save({"layers": len(net.layers), "sd": net.state_dict()}, path)


def begun(path: Path) -> Net:
    """Return the network of a checkpoint, or of the folder of a shipped one."""
    return shipped(path) if path.is_dir() else stored(path)


def shipped(folder: Path) -> Net:
    """Return the network that ``training.export`` wrote into ``folder``, to go on from where its checkpoint is gone.

    Its figures are those that ship: 8 bits each in the layers, half precision in the heads.
    """
    model = onnx.load(folder / "layers.onnx")
    had = {value.name: onnx.numpy_helper.to_array(value) for value in model.graph.initializer}
    layers = 1 + max(int(name.split(".")[1]) for name in had if name.startswith("layers."))
    net, heads = Net(layers), np.load(folder / "heads.npz")

    def give(to: Any, figures: Any) -> None:
        to.copy_(torch.tensor(np.ascontiguousarray(figures, np.float32)))

    def dense(to: nn.Linear, name: str) -> None:
        small, scales = had[f"{name}.w"], had[f"{name}.scales"]  # columns in; see training.graph
        matrix = small.astype(np.float32) * scales * had[f"{name}.even"][:, None]
        if f"{name}.far" in had:
            matrix[had[f"{name}.far"]] = had[f"{name}.far_w"]
        give(to.weight, matrix.T)
        give(to.bias, had[f"{name}.b"])

    with torch.no_grad():
        give(net.pos[: len(had["places"])], had["places"])
        norms = {"n": net.n}
        for number, layer in enumerate(net.layers):
            for part in ("qkv", "ao", "fi", "fo"):
                dense(getattr(layer, part), f"layers.{number}.{part}")
            norms |= {f"layers.{number}.{part}": getattr(layer, part) for part in ("n1", "n2")}
        for name, norm in norms.items():
            give(norm.weight, had[f"{name}.w"])
            give(norm.bias, had[f"{name}.b"])
        named = {"mix": net.mix, "comparison": net.cmp, "spans": net.span}
        for name, head in (named | {NAMES[short]: part for short, part in net.heads.items()}).items():
            give(head.weight, heads[f"{name}.weight"].T)
            give(head.bias, heads[f"{name}.bias"])
    return net
