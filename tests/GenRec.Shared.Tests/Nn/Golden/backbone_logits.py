"""Loads a saved decoder-only backbone, computes it cell by cell and prints its logits: python3 backbone_logits.py FILE < request.

FILE is model.safetensors. Names of its tensors, all float32: tokens.weight [V, D] (row 0 begins and pads; input and output in
one) and history.last.weight [D]; layer N of the stack is history.blocks.N with selfNorm.weight [D], self.query.weight [H dk, D],
self.keyValue.weight [2 G dk, D] (keys above values), self.output.weight [D, H dk], feedForwardNorm.weight [D], gateUp.weight
[2 F, D] (gate above input) and down.weight [D, F].

The request is JSON: heads, keyValueHeads, sequences of tokens. The answer is JSON: after each cell of each sequence the logits
of the next token, flat. Sources of the block: see Golden/decoder_block.py.
"""

import json
import math
import struct
import sys

import torch
import torch.nn.functional as F

BASE = 10000.0


def read(path):
    """Tensors of a safetensors file: eight bytes of length, a JSON header, then the data."""
    with open(path, "rb") as file:
        (size,) = struct.unpack("<Q", file.read(8))
        header, data = json.loads(file.read(size)), file.read()
    tensors = {}
    for name, entry in header.items():
        if name != "__metadata__":
            assert entry["dtype"] == "F32", name
            begin, end = entry["data_offsets"]
            tensors[name] = torch.frombuffer(bytearray(data[begin:end]), dtype=torch.float32).view(entry["shape"])
    return tensors


def rms(x, weight):
    return x / torch.sqrt((x * x).mean(-1, keepdim=True) + 1e-6) * weight


def turn(x, place):
    """Rotates heads [.., dk] of one cell; coordinate i goes with i + dk / 2."""
    half = x.shape[-1] // 2
    angle = place * torch.tensor([BASE ** (-i / half) for i in range(half)])
    a, b = x[..., :half], x[..., half:]
    return torch.cat([a * angle.cos() - b * angle.sin(), b * angle.cos() + a * angle.sin()], -1)


def layer(w, x, heads, groups):
    """One block over a sequence [L, D], causal."""
    normed = rms(x, w["selfNorm.weight"])
    q = (normed @ w["self.query.weight"].t()).view(len(x), heads, -1)
    k, v = (normed @ w["self.keyValue.weight"].t()).view(len(x), 2, groups, -1).unbind(1)
    keys = torch.stack([turn(k[c], c) for c in range(len(x))])
    mixed = []
    for c in range(len(x)):
        query, own = turn(q[c], c), []
        for h in range(heads):
            g = h // (heads // groups)
            weight = (keys[: c + 1, g] @ query[h] / math.sqrt(query.shape[-1])).softmax(0)
            own.append(weight @ v[: c + 1, g])
        mixed.append(torch.cat(own))
    x = x + torch.stack(mixed) @ w["self.output.weight"].t()
    gate, up = (rms(x, w["feedForwardNorm.weight"]) @ w["gateUp.weight"].t()).chunk(2, -1)
    return x + (F.silu(gate) * up) @ w["down.weight"].t()


def main():
    weights, request = read(sys.argv[1]), json.load(sys.stdin)
    table, answer, used = weights["tokens.weight"], [], {"tokens.weight", "history.last.weight"}
    for tokens in request["sequences"]:
        x, n = table[torch.tensor(tokens)], 0
        while f"history.blocks.{n}.down.weight" in weights:
            prefix = f"history.blocks.{n}."
            own = {name[len(prefix) :]: value for name, value in weights.items() if name.startswith(prefix)}
            used.update(prefix + name for name in own)
            x, n = layer(own, x, request["heads"], request["keyValueHeads"]), n + 1
        answer.append(rms(x, weights["history.last.weight"]) @ table.t())
    assert used == weights.keys(), used ^ weights.keys()
    json.dump(torch.cat(answer).flatten().tolist(), sys.stdout)


if __name__ == "__main__":
    with torch.no_grad():
        main()
