"""The reference loop of RQ-VAE in PyTorch: what RqVaeReference.cs is in TorchSharp, operator by operator.

Model and loop follow the index trainer of RUCAIBox/LC-Rec: a data set that makes a tensor of each item, the library's loader
with shuffling, an MLP of torch.nn modules, distances to all codes, straight-through outputs level by level, every error a
mean, AdamW, gradients clipped at 1, a check for NaN and losses read back in each step. Its Sinkhorn rounds at the last level
are left out, as in TIGER.

Arguments: file of float32 vectors, widths (comma-separated), levels, codes, batch size, most threads, seed. The script times
each number of threads without and with loader processes (LC-Rec's default is four) and takes what is fastest; then it answers, a
line each: "run n" with "items seconds", "memory" with resident bytes; "ready" comes first.
"""

import sys
import time
import warnings

import numpy as np
import torch
import torch.nn.functional as F

WORKERS = (0, 4)  # more than a small machine has processors for, as LC-Rec asks for them; the loader warns
TRIAL_STEPS = 12


class ItemVectors(torch.utils.data.Dataset):
    def __init__(self, vectors):
        self.vectors = vectors

    def __len__(self):
        return len(self.vectors)

    def __getitem__(self, index):
        return torch.FloatTensor(self.vectors[index])


def mlp(widths):
    layers = []
    for i, (width, following) in enumerate(zip(widths, widths[1:])):
        linear = torch.nn.Linear(width, following)
        torch.nn.init.xavier_normal_(linear.weight)
        torch.nn.init.zeros_(linear.bias)
        layers += [torch.nn.Dropout(0.0), linear]
        if i + 2 < len(widths):
            layers.append(torch.nn.ReLU())
    return torch.nn.Sequential(*layers)


class Level(torch.nn.Module):
    def __init__(self, codes, width, beta=0.25):
        super().__init__()
        self.beta = beta
        self.embedding = torch.nn.Embedding(codes, width)
        self.embedding.weight.data.uniform_(-1.0 / codes, 1.0 / codes)

    def forward(self, residual):
        weight = self.embedding.weight
        distances = (
            torch.sum(residual**2, dim=1, keepdim=True)
            + torch.sum(weight**2, dim=1, keepdim=True).t()
            - 2 * torch.matmul(residual, weight.t())
        )
        indices = torch.argmin(distances, dim=-1)
        chosen = self.embedding(indices).view(residual.shape)
        commitment = F.mse_loss(chosen.detach(), residual)
        learned = F.mse_loss(chosen, residual.detach())
        return residual + (chosen - residual).detach(), learned + self.beta * commitment, indices


class RqVae(torch.nn.Module):
    def __init__(self, widths, levels, codes):
        super().__init__()
        self.encoder, self.decoder = mlp(widths), mlp(widths[::-1])
        self.levels = torch.nn.ModuleList(Level(codes, widths[-1]) for _ in range(levels))

    def forward(self, x):
        residual = self.encoder(x)
        quantised, losses, indices = 0, [], []
        for level in self.levels:
            through, loss, chosen = level(residual)
            residual = residual - through
            quantised = quantised + through
            losses.append(loss)
            indices.append(chosen)
        return self.decoder(quantised), torch.stack(losses).mean(), torch.stack(indices, dim=-1)


def endless(loader):
    while True:
        yield from loader


def main():
    warnings.filterwarnings("ignore", message="This DataLoader will create")
    path, widths, *numbers = sys.argv[1:]
    widths = [int(width) for width in widths.split(",")]
    levels, codes, batch, threads, seed = (int(number) for number in numbers)
    torch.manual_seed(seed)
    vectors = np.fromfile(path, dtype=np.float32).reshape(-1, widths[0])
    model = RqVae(widths, levels, codes)
    model.train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3, weight_decay=1e-4)

    def batches(workers):
        data = ItemVectors(vectors)
        return endless(torch.utils.data.DataLoader(data, num_workers=workers, batch_size=batch, shuffle=True))

    def step(source):
        x = next(source)
        optimizer.zero_grad()
        output, quantiser, _ = model(x)
        reconstruction = F.mse_loss(output, x)
        loss = reconstruction + quantiser
        if torch.isnan(loss):
            raise ValueError("Training loss is nan")
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        loss.item()
        reconstruction.item()
        return len(x)

    def rate(count, workers):
        torch.set_num_threads(count)
        source = batches(workers)
        step(source)
        start = time.perf_counter()
        return sum(step(source) for _ in range(TRIAL_STEPS)) / (time.perf_counter() - start)

    rates = {(count, workers): rate(count, workers) for count in range(1, threads + 1) for workers in WORKERS}
    count, workers = max(rates, key=rates.get)
    torch.set_num_threads(count)
    source = batches(workers)
    told = ", ".join(f"{c} threads {w} workers {rates[c, w]:,.0f} items/s" for c, w in rates)
    print(f"# PyTorch {torch.__version__}: {told}; {count} and {workers} taken", file=sys.stderr, flush=True)
    print("ready", flush=True)
    for question in sys.stdin:
        words = question.split()
        if words[0] == "run":
            start = time.perf_counter()
            units = sum(step(source) for _ in range(int(words[1])))
            print(units, time.perf_counter() - start, flush=True)
        elif words[0] == "memory":
            with open("/proc/self/statm", encoding="ascii") as pages:
                print(int(pages.read().split()[1]) * 4096, flush=True)
        else:
            sys.exit(f"unknown question: {question!r}")


if __name__ == "__main__":
    main()
