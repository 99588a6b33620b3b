"""Constrained beam search in PyTorch as the reference repositories run it: what BeamReference.cs and T5Reference.cs are in TorchSharp.

Encoder states are repeated for each beam, keys and values of the encoder are computed and kept for each beam, all caches are
reordered after each step, and a trie of dictionaries is asked once for each beam and step for a mask over the whole vocabulary
(the trie of facebookresearch/GENRE, which LC-Rec and LETTER copy; beam search as Hugging Face's generate does it).

Where Hugging Face's generate does more (a Python loop over the beams of each step in its scorer, position buckets computed anew
in each step, a fifth step for the end token), this script does less: it is the faster of the two.

Arguments: folder, beams, users in a batch, heads, most threads; the script takes the number at which it is fastest. The folder holds weights.f32 with weights.txt (names and shapes),
ids.txt (a line an item: its tokens) and histories.txt (a line a user: tokens, oldest first). All are read before "ready".
"run n" is answered with "users seconds", "memory" with resident bytes, "lists n" with the items and scores of batch n, from 0.
"""

import ctypes
import math
import sys
import time
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F

HEAD_WIDTH, BUCKETS, MAX_DISTANCE, MASKED = 64, 32, 128, -1e9


class Trie:
    def __init__(self, ids):
        self.root = {}
        for item, tokens in enumerate(ids, start=1):
            node = self.root
            for token in tokens:
                node = node.setdefault(token, {})
            node[-1] = item

    def find(self, prefix):
        node = self.root
        for token in prefix:
            node = node.get(token, {})
        return node


def bucket(distance, bidirectional):
    buckets, first = BUCKETS, 0
    if bidirectional:
        buckets //= 2
        first = buckets if distance > 0 else 0
        distance = abs(distance)
    else:
        distance = max(-distance, 0)
    exact = buckets // 2
    if distance < exact:
        return first + distance
    step = math.log(distance / exact) / math.log(MAX_DISTANCE / exact) * (buckets - exact)
    return first + min(buckets - 1, exact + int(step + 1e-9))


class T5:
    def __init__(self, weights, heads):
        self.weights, self.heads = weights, heads
        self.width = weights["tokens.weight"].shape[1]
        self.encoder_layers = sum(name.startswith("encoder.") and name.endswith("attentionNorm.weight") for name in weights)
        self.decoder_layers = sum(name.endswith("crossNorm.weight") for name in weights)

    def encode(self, ids, real):
        mask = ((1 - real) * MASKED)[:, None, None, :]
        x = F.embedding(ids, self.weights["tokens.weight"])
        bias = self.bias("encoder", ids.shape[1], ids.shape[1], 0, True) + mask
        for layer in range(self.encoder_layers):
            at = f"encoder.{layer}"
            h = self.norm(x, f"{at}.attentionNorm")
            q, k, v = (self.project(h, f"{at}.attention.{part}") for part in ("query", "key", "value"))
            x = x + self.attend(q, k, v, bias, f"{at}.attention.output")
            x = x + self.feed_forward(self.norm(x, f"{at}.feedForwardNorm"), f"{at}.feedForward")
        return self.norm(x, "encoder.last"), mask

    def step(self, tokens, states, mask, cache, position):
        x = F.embedding(tokens[:, None], self.weights["tokens.weight"])
        bias = self.bias("decoder", 1, position + 1, position, False)
        for layer in range(self.decoder_layers):
            at, past = f"decoder.{layer}", cache[layer]
            h = self.norm(x, f"{at}.selfNorm")
            q, k, v = (self.project(h, f"{at}.self.{part}") for part in ("query", "key", "value"))
            past[0] = k if past[0] is None else torch.cat([past[0], k], dim=2)
            past[1] = v if past[1] is None else torch.cat([past[1], v], dim=2)
            x = x + self.attend(q, past[0], past[1], bias, f"{at}.self.output")
            h = self.norm(x, f"{at}.crossNorm")
            if past[2] is None:
                past[2] = self.project(states, f"{at}.cross.key")
                past[3] = self.project(states, f"{at}.cross.value")
            x = x + self.attend(self.project(h, f"{at}.cross.query"), past[2], past[3], mask, f"{at}.cross.output")
            x = x + self.feed_forward(self.norm(x, f"{at}.feedForwardNorm"), f"{at}.feedForward")
        x = self.norm(x, "decoder.last") * self.width**-0.5
        return F.linear(x, self.weights["tokens.weight"])[:, 0]

    def norm(self, x, name):
        return self.weights[f"{name}.weight"] * (x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + 1e-6))

    def project(self, x, name):
        return F.linear(x, self.weights[f"{name}.weight"]).view(x.shape[0], -1, self.heads, HEAD_WIDTH).transpose(1, 2)

    def attend(self, q, k, v, bias, output):
        share = F.softmax(torch.matmul(q, k.transpose(3, 2)) + bias, dim=-1)
        mixed = torch.matmul(share, v).transpose(1, 2).contiguous().view(q.shape[0], -1, self.heads * HEAD_WIDTH)
        return F.linear(mixed, self.weights[f"{output}.weight"])

    def feed_forward(self, x, name):
        return F.linear(F.relu(F.linear(x, self.weights[f"{name}.wide.weight"])), self.weights[f"{name}.narrow.weight"])

    def bias(self, side, queries, keys, offset, bidirectional):
        places = torch.tensor([[bucket(k - (q + offset), bidirectional) for k in range(keys)] for q in range(queries)])
        return self.weights[f"{side}.positions.weight"][places].permute(2, 0, 1)[None]


@torch.no_grad()
def search(model, trie, levels, histories, beams):
    users, longest = len(histories), max(len(history) for history in histories)
    ids, real = torch.zeros(users, longest, dtype=torch.long), torch.zeros(users, longest)
    for row, history in enumerate(histories):
        ids[row, : len(history)] = torch.tensor(history)
        real[row, : len(history)] = 1
    states, mask = model.encode(ids, real)
    states, mask = states.repeat_interleave(beams, 0), mask.repeat_interleave(beams, 0)
    rows, vocabulary = users * beams, model.weights["tokens.weight"].shape[0]
    scores = torch.full((users, beams), MASKED)
    scores[:, 0] = 0
    scores = scores.view(-1)
    sequences = torch.zeros(rows, 1, dtype=torch.long)  # the start token
    cache = [[None] * 4 for _ in range(model.decoder_layers)]
    for level in range(levels):
        logits = model.step(sequences[:, -1], states, mask, cache, level)
        allowed = torch.full_like(logits, -math.inf)
        for row, prefix in enumerate(sequences[:, 1:]):
            allowed[row, list(trie.find(prefix.tolist()).keys())] = 0
        total = (torch.log_softmax(logits, dim=-1) + allowed + scores[:, None]).view(users, -1)
        best, places = total.topk(beams, dim=1)
        parents = (places // vocabulary + torch.arange(users)[:, None] * beams).view(-1)
        sequences = torch.cat([sequences[parents], (places % vocabulary).view(-1, 1)], dim=1)
        scores = best.view(-1)
        cache = [[part.index_select(0, parents) for part in past] for past in cache]
    items = [trie.find(tokens.tolist())[-1] for tokens in sequences[:, 1:]]
    return items, scores.tolist()


def bias_cached(model):
    """Bucket numbers depend on lengths alone; the reference computes them as tensors, here each length is computed once."""
    known, make = {}, model.bias

    def bias(*lengths):
        if lengths not in known:
            known[lengths] = make(*lengths)
        return known[lengths]

    model.bias = bias


def read(folder, heads):
    values = torch.from_numpy(np.fromfile(folder / "weights.f32", dtype=np.float32))
    weights, at = {}, 0
    for line in (folder / "weights.txt").read_text().splitlines():
        name, *shape = line.split()
        shape = [int(size) for size in shape]
        weights[name] = values[at : at + math.prod(shape)].view(shape)
        at += math.prod(shape)
    lines = lambda name: [[int(token) for token in line.split()] for line in (folder / name).read_text().splitlines()]
    return T5(weights, heads), lines("ids.txt"), lines("histories.txt")


def use_threads(count):
    torch.set_num_threads(count)
    try:
        ctypes.CDLL("libopenblas.so.0").openblas_set_num_threads(count)
    except (OSError, AttributeError):
        pass  # another BLAS, which torch's own number reaches or which has one thread


def fastest_threads(most, act):
    """With more threads than the small operators need, PyTorch may be several times slower."""
    times = {}
    for count in range(1, most + 1):
        use_threads(count)
        act()
        start = time.perf_counter()
        for _ in range(3):
            act()
        times[count] = time.perf_counter() - start
    return min(times, key=times.get)


def main():
    folder, beams, batch, heads, most_threads = Path(sys.argv[1]), *(int(word) for word in sys.argv[2:6])
    model, ids, histories = read(folder, heads)
    bias_cached(model)
    trie, levels = Trie(ids), len(ids[0])
    batches = [histories[at : at + batch] for at in range(0, len(histories), batch)]
    use_threads(fastest_threads(most_threads, lambda: search(model, trie, levels, batches[0], beams)))
    done = 0
    print(f"# PyTorch {torch.__version__}, {torch.get_num_threads()} threads", file=sys.stderr, flush=True)
    print("ready", flush=True)
    for question in sys.stdin:
        words = question.split()
        if words[0] == "run":
            start = time.perf_counter()
            for _ in range(int(words[1])):
                search(model, trie, levels, batches[done % len(batches)], beams)
                done += 1
            print(batch * int(words[1]), time.perf_counter() - start, flush=True)
        elif words[0] == "lists":
            items, scores = search(model, trie, levels, batches[int(words[1])], beams)
            print(*items, *(f"{score:.7g}" for score in scores), flush=True)
        elif words[0] == "memory":
            with open("/proc/self/statm", encoding="ascii") as pages:
                print(int(pages.read().split()[1]) * 4096, flush=True)
        else:
            sys.exit(f"unknown question: {question!r}")


if __name__ == "__main__":
    main()
