"""Writes t5.json: T5 written anew in PyTorch, from the conventions of its paper alone, with inputs, weights, logits and gradients.

Raffel et al., "Exploring the Limits of Transfer Learning with a Unified Text-to-Text Transformer", JMLR 2020, in the form that TIGER
trains: ReLU feed-forward, one token table for both sides and the logits. Run: python3 t5_golden.py (PyTorch 1.13 or later).
"""

import json
import math
from pathlib import Path

import torch
from torch import nn

SEED = 20231211
V, D, LAYERS, HEADS, DK, FF, BUCKETS, FAR = 11, 8, 2, 2, 3, 12, 8, 16


class Norm(nn.Module):
    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(1 + 0.1 * torch.randn(D))

    def forward(self, x):
        return self.weight * x / torch.sqrt((x * x).mean(-1, keepdim=True) + 1e-6)


class Attention(nn.Module):
    def __init__(self):
        super().__init__()
        for name, rows, columns in (("q", HEADS * DK, D), ("k", HEADS * DK, D), ("v", HEADS * DK, D), ("o", D, HEADS * DK)):
            setattr(self, name, nn.Parameter(0.4 * torch.randn(rows, columns)))

    def forward(self, x, read, bias):
        rows = []
        for head in range(HEADS):
            part = slice(head * DK, (head + 1) * DK)
            q, k, v = x @ self.q[part].T, read @ self.k[part].T, read @ self.v[part].T
            logits = torch.einsum("bqd,bkd->bqk", q, k)  # not scaled
            rows.append(torch.softmax(logits + bias[:, head], -1) @ v)
        return torch.cat(rows, -1) @ self.o.T


class FeedForward(nn.Module):
    def __init__(self):
        super().__init__()
        self.wide, self.narrow = nn.Parameter(0.4 * torch.randn(FF, D)), nn.Parameter(0.4 * torch.randn(D, FF))

    def forward(self, x):
        return torch.relu(x @ self.wide.T) @ self.narrow.T


class Layer(nn.Module):
    def __init__(self, crosses):
        super().__init__()
        self.norm1, self.own = Norm(), Attention()
        if crosses:
            self.norm2, self.cross = Norm(), Attention()
        self.norm3, self.ff = Norm(), FeedForward()

    def forward(self, x, bias, states=None, mask=None):
        h = self.norm1(x)
        x = x + self.own(h, h, bias)
        if states is not None:
            x = x + self.cross(self.norm2(x), states, mask)
        return x + self.ff(self.norm3(x))


def bucket(distance, both_ways):
    """Bucket of key position minus query position."""
    number, first = BUCKETS, 0
    if both_ways:
        number //= 2
        first = number if distance > 0 else 0
        distance = abs(distance)
    else:
        distance = max(0, -distance)
    exact = number // 2
    if distance < exact:
        return first + distance
    grown = exact + math.floor(round(math.log(distance / exact) / math.log(FAR / exact) * (number - exact), 9))
    return first + min(grown, number - 1)


def bias(table, queries, keys, both_ways):
    index = torch.tensor([[bucket(k - q, both_ways) for k in range(keys)] for q in range(queries)])
    return table[index].permute(2, 0, 1)[None]  # [1, H, Q, K]


class T5(nn.Module):
    def __init__(self):
        super().__init__()
        self.tokens = nn.Parameter(torch.randn(V, D))
        self.enc_bias, self.dec_bias = (nn.Parameter(0.5 * torch.randn(BUCKETS, HEADS)) for _ in range(2))
        self.enc = nn.ModuleList(Layer(False) for _ in range(LAYERS))
        self.dec = nn.ModuleList(Layer(True) for _ in range(LAYERS))
        self.enc_norm, self.dec_norm = Norm(), Norm()

    def forward(self, ids, real, shifted):
        mask = torch.zeros(real.shape).masked_fill(~real, -math.inf)[:, None, None, :]
        x = self.tokens[ids]
        both = bias(self.enc_bias, ids.shape[1], ids.shape[1], True) + mask
        for layer in self.enc:
            x = layer(x, both)
        states = self.enc_norm(x)
        length = shifted.shape[1]
        ahead = torch.full((length, length), -math.inf).triu(1)
        back = bias(self.dec_bias, length, length, False) + ahead
        y = self.tokens[shifted]
        for layer in self.dec:
            y = layer(y, back, states, mask.expand(-1, HEADS, -1, -1))
        return self.dec_norm(y) * D**-0.5 @ self.tokens.T


def named(model, take):
    """Values under the library's names: query, key and value are one matrix there."""
    values = {"tokens.weight": take(model.tokens)}
    for side, layers, table, last in (("encoder", model.enc, model.enc_bias, model.enc_norm), ("decoder", model.dec, model.dec_bias, model.dec_norm)):
        values[f"{side}.positions.weight"], values[f"{side}.last.weight"] = take(table), take(last.weight)
        for i, layer in enumerate(layers):
            at = f"{side}.layers.{i}"
            own, norm = ("attention", "attentionNorm") if side == "encoder" else ("self", "selfNorm")
            values[f"{at}.{norm}.weight"] = take(layer.norm1.weight)
            values[f"{at}.{own}.queryKeyValue.weight"] = torch.cat([take(layer.own.q), take(layer.own.k), take(layer.own.v)])
            values[f"{at}.{own}.output.weight"] = take(layer.own.o)
            if side == "decoder":
                values[f"{at}.crossNorm.weight"] = take(layer.norm2.weight)
                values[f"{at}.cross.query.weight"] = take(layer.cross.q)
                values[f"{at}.cross.keyValue.weight"] = torch.cat([take(layer.cross.k), take(layer.cross.v)])
                values[f"{at}.cross.output.weight"] = take(layer.cross.o)
            values[f"{at}.feedForwardNorm.weight"] = take(layer.norm3.weight)
            values[f"{at}.feedForward.wide.weight"], values[f"{at}.feedForward.narrow.weight"] = take(layer.ff.wide), take(layer.ff.narrow)
    return {name: {"shape": list(value.shape), "values": [float(f"{v:.9g}") for v in value.flatten().tolist()]} for name, value in values.items()}


def main():
    torch.manual_seed(SEED)
    model = T5()
    lengths, longest = [3, 9, 6, 3], 9
    ids = torch.zeros(4, longest, dtype=torch.long)
    for row, length in enumerate(lengths):
        ids[row, :length] = torch.randint(1, V, (length,))
    real = torch.arange(longest)[None] < torch.tensor(lengths)[:, None]
    targets = torch.randint(1, V, (4, 3))
    shifted = torch.cat([torch.zeros(4, 1, dtype=torch.long), targets[:, :2]], 1)
    logits = model(ids, real, shifted)
    loss = nn.functional.cross_entropy(logits.reshape(-1, V), targets.reshape(-1))
    loss.backward()
    golden = {
        "source": "t5_golden.py",
        "seed": SEED,
        "sizes": {"vocabulary": V, "width": D, "encoderLayers": LAYERS, "decoderLayers": LAYERS, "heads": HEADS, "headWidth": DK, "feedForward": FF, "buckets": BUCKETS, "maxDistance": FAR, "dropout": 0.0},
        "lengths": lengths,
        "ids": ids.tolist(),
        "targets": targets.tolist(),
        "loss": loss.item(),
        "logits": [float(f"{v:.9g}") for v in logits.detach().flatten().tolist()],
        "weights": named(model, lambda p: p.detach()),
        "gradients": named(model, lambda p: p.grad),
    }
    Path(__file__).with_name("t5.json").write_text(json.dumps(golden, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
