"""The reference loop of SASRec in PyTorch: what SasRecReference.cs is in TorchSharp, layer by layer.

Model and loop follow pmixer/SASRec.pytorch (fde8a9c): padded batches, torch.nn modules, library Adam, one negative.
The batches are made before the clock runs, so its time is the model's and the optimizer's alone.

Reads histories (a line a user: item ids, oldest first; training part only) and then answers, a line each:
"run n" with "real-positions seconds", "memory" with resident bytes; "ready" comes first.
"""

import argparse
import sys
import time

import numpy as np
import torch

READY_BATCHES = 40


class FeedForward(torch.nn.Module):
    def __init__(self, width, dropout):
        super().__init__()
        self.inner = torch.nn.Conv1d(width, width, kernel_size=1)
        self.outer = torch.nn.Conv1d(width, width, kernel_size=1)
        self.inner_dropout = torch.nn.Dropout(dropout)
        self.outer_dropout = torch.nn.Dropout(dropout)

    def forward(self, x):
        hidden = torch.relu(self.inner_dropout(self.inner(x.transpose(1, 2))))
        return self.outer_dropout(self.outer(hidden)).transpose(1, 2)


class SasRec(torch.nn.Module):
    def __init__(self, items, length, width, blocks, heads, dropout):
        super().__init__()
        self.scale = width**0.5
        self.items = torch.nn.Embedding(items + 1, width, padding_idx=0)
        self.positions = torch.nn.Embedding(length + 1, width, padding_idx=0)
        self.dropout = torch.nn.Dropout(dropout)
        norms = lambda: torch.nn.ModuleList(torch.nn.LayerNorm(width, eps=1e-8) for _ in range(blocks))
        self.attention_norms, self.feed_forward_norms = norms(), norms()
        self.attentions = torch.nn.ModuleList(
            torch.nn.MultiheadAttention(width, heads, dropout) for _ in range(blocks)
        )
        self.feed_forwards = torch.nn.ModuleList(FeedForward(width, dropout) for _ in range(blocks))
        self.last_norm = torch.nn.LayerNorm(width, eps=1e-8)
        self.register_buffer("future", torch.ones(length, length, dtype=torch.bool).triu(1))
        for weight in self.parameters():
            if weight.dim() > 1:
                torch.nn.init.xavier_normal_(weight.data)
        self.items.weight.data[0] = 0
        self.positions.weight.data[0] = 0

    def forward(self, sequences, slots):
        x = self.dropout(self.items(sequences) * self.scale + self.positions(slots))  # [B, L, D]
        for attention, norm, feed_forward, second_norm in zip(
            self.attentions, self.attention_norms, self.feed_forwards, self.feed_forward_norms
        ):
            t = x.transpose(0, 1)  # [L, B, D]
            mixed, _ = attention(t, t, t, attn_mask=self.future, need_weights=False)
            x = norm(t + mixed).transpose(0, 1)
            x = second_norm(x + feed_forward(x))
        return self.last_norm(x)


def make_batch(histories, order, items, length, random):
    shape = (len(order), length)
    sequences, slots, positives, negatives = (np.zeros(shape, dtype=np.int64) for _ in range(4))
    for row, user in enumerate(order):
        history = histories[user]
        count = min(len(history) - 1, length)
        start, met = length - count, set(history)
        sequences[row, start:] = history[-count - 1 : -1]
        positives[row, start:] = history[-count:]
        slots[row, start:] = np.arange(start + 1, length + 1)
        for place in range(start, length):
            negative = random.integers(1, items + 1)
            while negative in met:
                negative = random.integers(1, items + 1)
            negatives[row, place] = negative
    return sequences, slots, positives, negatives


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", required=True)
    parser.add_argument("--items", type=int, required=True)
    parser.add_argument("--length", type=int, default=50)
    parser.add_argument("--width", type=int, default=50)
    parser.add_argument("--blocks", type=int, default=2)
    parser.add_argument("--heads", type=int, default=1)
    parser.add_argument("--dropout", type=float, default=0.2)
    parser.add_argument("--batch", type=int, default=128)
    parser.add_argument("--learning-rate", type=float, default=1e-3)
    parser.add_argument("--threads", type=int, required=True)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()

    torch.set_num_threads(options.threads)
    torch.manual_seed(options.seed)
    random = np.random.default_rng(options.seed)
    with open(options.data, encoding="ascii") as lines:
        histories = [[int(item) for item in line.split()] for line in lines]
    trainable = np.array([user for user, history in enumerate(histories) if len(history) > 1])

    model = SasRec(options.items, options.length, options.width, options.blocks, options.heads, options.dropout)
    model.train()
    optimizer = torch.optim.Adam(model.parameters(), lr=options.learning_rate, betas=(0.9, 0.98))
    criterion = torch.nn.BCEWithLogitsLoss()
    ready = [
        make_batch(histories, random.choice(trainable, options.batch), options.items, options.length, random)
        for _ in range(READY_BATCHES)
    ]
    done = 0

    def step():
        nonlocal done
        sequences, slots, positives, negatives = (torch.from_numpy(part) for part in ready[done % READY_BATCHES])
        done += 1
        features = model(sequences, slots)
        yes = (features * model.items(positives)).sum(-1)
        no = (features * model.items(negatives)).sum(-1)
        real = positives != 0
        yes, no = yes[real], no[real]
        optimizer.zero_grad()
        loss = criterion(yes, torch.ones_like(yes)) + criterion(no, torch.zeros_like(no))
        loss.backward()
        optimizer.step()
        loss.item()
        return len(yes)

    print(f"# PyTorch {torch.__version__}, {torch.get_num_threads()} threads", file=sys.stderr, flush=True)
    print("ready", flush=True)
    for question in sys.stdin:
        words = question.split()
        if words[0] == "run":
            start = time.perf_counter()
            units = sum(step() for _ in range(int(words[1])))
            print(units, time.perf_counter() - start, flush=True)
        elif words[0] == "memory":
            with open("/proc/self/statm", encoding="ascii") as pages:
                print(int(pages.read().split()[1]) * 4096, flush=True)
        else:
            sys.exit(f"unknown question: {question!r}")


if __name__ == "__main__":
    main()
