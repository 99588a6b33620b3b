"""Loads a saved TIGER into the PyTorch model of t5_golden.py and prints its logits: python3 tiger_logits.py FILE < request.

FILE is model.safetensors. Names of its tensors, all float32: t5.tokens.weight [V, D]; t5.encoder and t5.decoder each with
positions.weight [buckets, H] (one for all layers), last.weight [D] and layers.N; an encoder layer has attentionNorm.weight [D],
attention.queryKeyValue.weight [3 H dk, D] (query, key and value one below the other), attention.output.weight [D, H dk],
feedForwardNorm.weight [D], feedForward.wide.weight [F, D] and feedForward.narrow.weight [D, F]; a decoder layer has selfNorm, self,
crossNorm, cross.query.weight [H dk, D], cross.keyValue.weight [2 H dk, D], cross.output.weight, feedForwardNorm and feedForward.

The request is JSON: heads, buckets, maxDistance, ids [B, L] padded with 0 on the right, lengths [B], shifted [B, T].
The answer is JSON: the logits, flat.
"""

import json
import struct
import sys

import t5_golden as t5
import torch


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


def main():
    weights = {name[len("t5.") :]: value for name, value in read(sys.argv[1]).items()}
    request = json.load(sys.stdin)
    t5.V, t5.D = weights["tokens.weight"].shape
    t5.HEADS, t5.BUCKETS, t5.FAR = request["heads"], request["buckets"], request["maxDistance"]
    first = weights["encoder.layers.0.attention.output.weight"]
    t5.DK, t5.FF = first.shape[1] // t5.HEADS, weights["encoder.layers.0.feedForward.wide.weight"].shape[0]
    t5.LAYERS = 1 + max(int(name.split(".")[2]) for name in weights if name.startswith("encoder.layers."))
    model = t5.T5()
    fill = {name: torch.tensor(value["values"]).view(value["shape"]) for name, value in t5.named(model, lambda p: p.detach()).items()}
    assert fill.keys() == weights.keys(), fill.keys() ^ weights.keys()
    with torch.no_grad():
        model.tokens.copy_(weights["tokens.weight"])
        for side, layers, table, last in (("encoder", model.enc, model.enc_bias, model.enc_norm), ("decoder", model.dec, model.dec_bias, model.dec_norm)):
            table.copy_(weights[f"{side}.positions.weight"])
            last.weight.copy_(weights[f"{side}.last.weight"])
            for i, layer in enumerate(layers):
                at = f"{side}.layers.{i}"
                own, norm = ("attention", "attentionNorm") if side == "encoder" else ("self", "selfNorm")
                layer.norm1.weight.copy_(weights[f"{at}.{norm}.weight"])
                for target, part in zip((layer.own.q, layer.own.k, layer.own.v), weights[f"{at}.{own}.queryKeyValue.weight"].chunk(3)):
                    target.copy_(part)
                layer.own.o.copy_(weights[f"{at}.{own}.output.weight"])
                if side == "decoder":
                    layer.norm2.weight.copy_(weights[f"{at}.crossNorm.weight"])
                    layer.cross.q.copy_(weights[f"{at}.cross.query.weight"])
                    for target, part in zip((layer.cross.k, layer.cross.v), weights[f"{at}.cross.keyValue.weight"].chunk(2)):
                        target.copy_(part)
                    layer.cross.o.copy_(weights[f"{at}.cross.output.weight"])
                layer.norm3.weight.copy_(weights[f"{at}.feedForwardNorm.weight"])
                layer.ff.wide.copy_(weights[f"{at}.feedForward.wide.weight"])
                layer.ff.narrow.copy_(weights[f"{at}.feedForward.narrow.weight"])
        ids = torch.tensor(request["ids"])
        real = torch.arange(ids.shape[1])[None] < torch.tensor(request["lengths"])[:, None]
        logits = model(ids, real, torch.tensor(request["shifted"]))
    json.dump(logits.flatten().tolist(), sys.stdout)


if __name__ == "__main__":
    main()
