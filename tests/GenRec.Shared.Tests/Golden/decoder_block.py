"""The decoder-only block written once more: RMS norm, rotary positions, grouped-query attention, SwiGLU, cross-attention.

Sources: arXiv:1910.07467 (RMS norm), arXiv:2104.09864 (rotary), arXiv:2305.13245 (grouped queries), arXiv:2002.05202 (SwiGLU).
Run: python3 decoder_block.py (PyTorch 1.13 or later; seed 11). Writes decoder_block.json.
"""

import math

import torch
import torch.nn.functional as F

from golden import weights, write

R, W, K, D, H, G, DK, INNER, BASE = 2, 5, 4, 8, 4, 2, 4, 12, 100.0
shapes = {
    "selfNorm.weight": (D,),
    "self.query.weight": (H * DK, D),
    "self.keyValue.weight": (2 * G * DK, D),
    "self.output.weight": (D, H * DK),
    "crossNorm.weight": (D,),
    "cross.query.weight": (H * DK, D),
    "cross.keyValue.weight": (2 * G * DK, D),
    "cross.output.weight": (D, H * DK),
    "feedForwardNorm.weight": (D,),
    "gateUp.weight": (2 * INNER, D),
    "down.weight": (D, INNER),
}
w = weights(shapes, seed=11)
x, states = torch.randn(R, W, D), torch.randn(R, K, D)
position = torch.tensor([[3, 4, 5, 6, 7], [0, 1, 2, 0, 1]])  # the second row holds two sequences
segment = torch.tensor([[1, 1, 1, 1, 1], [1, 1, 1, 2, 2]])
state_segment = torch.tensor([[1, 1, 1, 1], [1, 1, 2, 2]])
goal = torch.randn(R, W, D)


def rms(x, name):
    return x / torch.sqrt((x * x).mean(-1, keepdim=True) + 1e-6) * w[name]


def turn(vector, place):
    """Rotates one head's vector, pair by pair."""
    out = vector.clone()
    for i in range(DK // 2):
        angle = place * BASE ** (-2 * i / DK)
        a, b = vector[i], vector[i + DK // 2]
        out[i] = a * math.cos(angle) - b * math.sin(angle)
        out[i + DK // 2] = b * math.cos(angle) + a * math.sin(angle)
    return out


def attention(asks, source, prefix, visible, places):
    """Head by head and cell by cell; visible(r, q, k) says who may look at whom."""
    q = (asks @ w[prefix + "query.weight"].t()).view(R, -1, H, DK)
    kv = (source @ w[prefix + "keyValue.weight"].t()).view(R, -1, 2, G, DK)
    rows = []
    for r in range(R):
        cells = []
        for c in range(q.shape[1]):
            heads = []
            for h in range(H):
                g = h // (H // G)
                seen = [k for k in range(kv.shape[1]) if visible(r, c, k)]
                query = turn(q[r, c, h], places[r, c].item()) if places is not None else q[r, c, h]
                keys = [turn(kv[r, k, 0, g], places[r, k].item()) if places is not None else kv[r, k, 0, g] for k in seen]
                score = torch.stack([(query * key).sum() / math.sqrt(DK) for key in keys]).softmax(0)
                heads.append(sum(s * kv[r, k, 1, g] for s, k in zip(score, seen)))
            cells.append(torch.cat(heads))
        rows.append(torch.stack(cells))
    return torch.stack(rows) @ w[prefix + "output.weight"].t()


normed = rms(x, "selfNorm.weight")
causal = lambda r, q, k: bool(segment[r, q] == segment[r, k]) and k <= q
h = x + attention(normed, normed, "self.", causal, position)
same = lambda r, q, k: bool(segment[r, q] == state_segment[r, k])
h = h + attention(rms(h, "crossNorm.weight"), states, "cross.", same, None)
gate, up = (rms(h, "feedForwardNorm.weight") @ w["gateUp.weight"].t()).split(INNER, -1)
h = h + (F.silu(gate) * up) @ w["down.weight"].t()
write(
    "decoder_block",
    "decoder_block.py, seed 11",
    w,
    {"x": x, "states": states, "position": position, "segment": segment, "stateSegment": state_segment, "goal": goal},
    {"y": h},
    ((h - goal) ** 2).mean(),
)
