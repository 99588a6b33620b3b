"""Writes golden files: weights by name, inputs, expected outputs and gradients, as JSON that the tests read."""

import json
import pathlib

import torch


def numbers(t):
    """A tensor as shape and flat list."""
    whole = not t.dtype.is_floating_point
    return {"shape": list(t.shape), "whole" if whole else "values": [int(v) if whole else round(float(v), 9) for v in t.flatten()]}


def weights(shapes, seed, scale=0.3):
    """Normal weights by name, in the order of the names; norms are drawn around one."""
    torch.manual_seed(seed)
    made = {}
    for name, shape in shapes.items():
        w = torch.randn(shape) * scale
        if "orm.weight" in name:
            w = w + 1
        made[name] = w.requires_grad_()
    return made


def write(name, source, w, inputs, outputs, loss):
    """One file beside this script; the gradients are those of the loss."""
    loss.backward()
    golden = {
        "source": source,
        "weights": {k: numbers(v.detach()) for k, v in w.items()},
        "inputs": {k: numbers(v) for k, v in inputs.items()},
        "outputs": {k: numbers(v.detach()) for k, v in outputs.items()},
        "loss": float(loss),
        "gradients": {k: numbers(v.grad) for k, v in w.items()},
    }
    path = pathlib.Path(__file__).with_name(name + ".json")
    path.write_text(json.dumps(golden, separators=(",", ":")) + "\n")
    print(path.name, path.stat().st_size)
