"""BERT4Rec written once more, straight from the paper (arXiv:1904.06690, Eq. 1-8), with padding instead of packing.

Run: python3 bert4rec.py (PyTorch 1.13 or later; seed 7). Writes bert4rec.json.
"""

import math

import torch
import torch.nn.functional as F

from golden import weights, write

ITEMS, L, D, H, INNER, BLOCKS, MASK = 9, 6, 8, 2, 12, 2, 10
shapes = {"items.weight": (ITEMS + 2, D), "positions.weight": (L, D), "embeddingNorm.weight": (D,), "embeddingNorm.bias": (D,)}
for b in range(BLOCKS):
    p = f"blocks.{b}."
    shapes |= {
        p + "queryKeyValue.weight": (3 * D, D),
        p + "queryKeyValue.bias": (3 * D,),
        p + "output.weight": (D, D),
        p + "output.bias": (D,),
        p + "attentionNorm.weight": (D,),
        p + "attentionNorm.bias": (D,),
        p + "wide.weight": (INNER, D),
        p + "wide.bias": (INNER,),
        p + "narrow.weight": (D, INNER),
        p + "narrow.bias": (D,),
        p + "feedForwardNorm.weight": (D,),
        p + "feedForwardNorm.bias": (D,),
    }
shapes |= {
    "projection.weight": (D, D),
    "projection.bias": (D,),
    "projectionNorm.weight": (D,),
    "projectionNorm.bias": (D,),
    "outputBias": (ITEMS + 1,),
}
w = weights(shapes, seed=7)


def norm(x, name):
    return F.layer_norm(x, (D,), w[name + ".weight"], w[name + ".bias"], 1e-12)


def head(x, weight, bias):
    return x @ weight.t() + bias


def block(x, real, p):
    qkv = w[p + "queryKeyValue.weight"], w[p + "queryKeyValue.bias"]
    q, k, v = (head(x, qkv[0][i * D : (i + 1) * D], qkv[1][i * D : (i + 1) * D]) for i in range(3))
    mixed = []
    for h in range(H):
        cut = slice(h * D // H, (h + 1) * D // H)
        scores = q[..., cut] @ k[..., cut].transpose(1, 2) / math.sqrt(D // H)
        scores = scores.masked_fill(~real[:, None, :], -1e9)  # no padding key; no causal mask
        mixed.append(scores.softmax(-1) @ v[..., cut])
    a = norm(x + head(torch.cat(mixed, -1), w[p + "output.weight"], w[p + "output.bias"]), p + "attentionNorm")
    inner = F.gelu(head(a, w[p + "wide.weight"], w[p + "wide.bias"]))
    return norm(a + head(inner, w[p + "narrow.weight"], w[p + "narrow.bias"]), p + "feedForwardNorm")


# Three sequences, left padded, as the model would see them; the mask hides the targets.
ids = torch.tensor([[0, 3, MASK, 5, 1, MASK], [0, 0, 0, 0, 7, MASK], [2, MASK, 4, MASK, 8, 9]])
targets = torch.tensor([[0, 0, 4, 0, 0, 6], [0, 0, 0, 0, 0, 2], [0, 1, 0, 5, 0, 0]])
real = ids > 0
x = norm(w["items.weight"][ids] + w["positions.weight"][None], "embeddingNorm")
for b in range(BLOCKS):
    x = block(x, real, f"blocks.{b}.")
g = norm(F.gelu(head(x[targets > 0], w["projection.weight"], w["projection.bias"])), "projectionNorm")
logits = g @ w["items.weight"][1 : ITEMS + 1].t() + w["outputBias"][1:]
loss = F.cross_entropy(logits, targets[targets > 0] - 1)
write(
    "bert4rec",
    "bert4rec.py, seed 7",
    w,
    {"ids": ids, "targets": targets},
    {"logits": logits},
    loss,
)
