"""BERT4Rec written once more, straight from the paper (arXiv:1904.06690, Eq. 1-8), with padding instead of packing.

Run: python3 bert4rec.py (PyTorch 1.13 or later; seed 7). Writes bert4rec.json.
Run: python3 bert4rec.py MODEL HEADS ITEM.. reads a safetensors file of the library and prints the scores of all items after
the history ITEM.., oldest first, as the library's scorer gives them.
"""

import json
import math
import struct
import sys

import torch
import torch.nn.functional as F


def forward(w, ids, heads):
    """Hidden states of left-padded sequences, [B, L] to [B, L, D]."""
    width = w["items.weight"].shape[1]
    real = ids > 0

    def norm(x, name):
        return F.layer_norm(x, (width,), w[name + ".weight"], w[name + ".bias"], 1e-12)

    def linear(x, name):
        return x @ w[name + ".weight"].t() + w[name + ".bias"]

    def block(x, p):
        q, k, v = linear(x, p + "queryKeyValue").split(width, -1)
        mixed = []
        for h in range(heads):
            cut = slice(h * width // heads, (h + 1) * width // heads)
            scores = q[..., cut] @ k[..., cut].transpose(1, 2) / math.sqrt(width // heads)
            scores = scores.masked_fill(~real[:, None, :], -1e9)  # no padding key; no causal mask
            mixed.append(scores.softmax(-1) @ v[..., cut])
        a = norm(x + linear(torch.cat(mixed, -1), p + "output"), p + "attentionNorm")
        return norm(a + linear(F.gelu(linear(a, p + "wide")), p + "narrow"), p + "feedForwardNorm")

    x = norm(w["items.weight"][ids] + w["positions.weight"][None], "embeddingNorm")
    b = 0
    while f"blocks.{b}.wide.weight" in w:
        x = block(x, f"blocks.{b}.")
        b += 1
    return x


def scores(w, states):
    """Scores of the items 1..N for hidden states, [T, D] to [T, N]."""
    width = states.shape[-1]
    if "projection.weight" in w:
        g = F.gelu(states @ w["projection.weight"].t() + w["projection.bias"])
        states = F.layer_norm(g, (width,), w["projectionNorm.weight"], w["projectionNorm.bias"], 1e-12)
    logits = states @ w["items.weight"][1:-1].t()  # the last row is [MASK]
    return logits + w["outputBias"][1:] if "outputBias" in w else logits


def load(path):
    """The tensors of a safetensors file: a length, a header of JSON, and the numbers behind it."""
    data = open(path, "rb").read()
    (length,) = struct.unpack("<Q", data[:8])
    header = json.loads(data[8 : 8 + length])
    tensors = {}
    for name, entry in header.items():
        if name != "__metadata__":
            assert entry["dtype"] == "F32", (name, entry["dtype"])
            begin, end = (8 + length + at for at in entry["data_offsets"])
            count = (end - begin) // 4
            tensors[name] = torch.tensor(struct.unpack(f"<{count}f", data[begin:end])).view(entry["shape"])
    return tensors


def ask(path, heads, history):
    w = load(path)
    length, mask = w["positions.weight"].shape[0], w["items.weight"].shape[0] - 1
    row = (history[-(length - 1) :] if length > 1 else []) + [mask]
    ids = torch.tensor([[0] * (length - len(row)) + row])
    print(" ".join(f"{value:.7g}" for value in scores(w, forward(w, ids, heads)[:, -1])[0].tolist()))


def golden():
    from golden import weights, write

    items, length, width, inner, blocks, mask = 9, 6, 8, 12, 2, 10
    shapes = {"items.weight": (items + 2, width), "positions.weight": (length, width)}
    shapes |= {"embeddingNorm.weight": (width,), "embeddingNorm.bias": (width,)}
    for b in range(blocks):
        p = f"blocks.{b}."
        shapes |= {
            p + "queryKeyValue.weight": (3 * width, width),
            p + "queryKeyValue.bias": (3 * width,),
            p + "output.weight": (width, width),
            p + "output.bias": (width,),
            p + "attentionNorm.weight": (width,),
            p + "attentionNorm.bias": (width,),
            p + "wide.weight": (inner, width),
            p + "wide.bias": (inner,),
            p + "narrow.weight": (width, inner),
            p + "narrow.bias": (width,),
            p + "feedForwardNorm.weight": (width,),
            p + "feedForwardNorm.bias": (width,),
        }
    shapes |= {
        "projection.weight": (width, width),
        "projection.bias": (width,),
        "projectionNorm.weight": (width,),
        "projectionNorm.bias": (width,),
        "outputBias": (items + 1,),
    }
    w = weights(shapes, seed=7)
    # Three sequences, left padded, as the model would see them; the mask hides the targets.
    ids = torch.tensor([[0, 3, mask, 5, 1, mask], [0, 0, 0, 0, 7, mask], [2, mask, 4, mask, 8, 9]])
    targets = torch.tensor([[0, 0, 4, 0, 0, 6], [0, 0, 0, 0, 0, 2], [0, 1, 0, 5, 0, 0]])
    logits = scores(w, forward(w, ids, heads=2)[targets > 0])
    loss = F.cross_entropy(logits, targets[targets > 0] - 1)
    write("bert4rec", "bert4rec.py, seed 7", w, {"ids": ids, "targets": targets}, {"logits": logits}, loss)


if len(sys.argv) == 1:
    golden()
else:
    ask(sys.argv[1], int(sys.argv[2]), [int(item) for item in sys.argv[3:]])
