using System.Text.Json;
using GenRec.Shared.Models;
using GenRec.Shared.Training;
using static TorchSharp.torch;

namespace GenRec.Shared.Tests.Models;

/// <summary>A saved model says the same in PyTorch; Nn/Golden/tiger_logits.py loads it and documents the names.</summary>
[Collection(TorchGenerator.Name)]
public class TigerWeightsTests
{
    [Fact]
    public void PyTorchReadsASavedModelAndComputesItsLogits()
    {
        PythonWithTorch.NeedOrSkip();
        using var scope = NewDisposeScope();
        var model = TigerTests.Model(TigerTests.Tiny with { UserTokens = 3 });
        var file = Path.Combine(Directory.CreateTempSubdirectory("genrec-").FullName, "model.safetensors");
        Safetensors.Save(file, model);
        long[][] inputs =
        [
            [1, 4, 9, 2, 5, 10],
            [12, 3, 7, 8],
        ];
        var batch = new TigerBatch(
            [.. inputs[1], .. inputs[0]],
            [new(1, 4), new(1, 6)],
            [0, 1, 5, 0, 2, 4],
            Targets: [1, 5, 8, 2, 4, 9],
            Levels: 3
        );
        var request = new
        {
            heads = model.Options.Heads,
            buckets = model.T5.Options.Buckets,
            maxDistance = model.T5.Options.MaxDistance,
            ids = new[] { (long[])[.. inputs[1], 0, 0], inputs[0] },
            lengths = new[] { 4, 6 },
            shifted = new[] { batch.Shifted[..3], batch.Shifted[3..] },
        };
        var answer = PythonWithTorch.Run("Nn/Golden/tiger_logits.py", JsonSerializer.Serialize(request), file);
        var theirs = tensor(JsonSerializer.Deserialize<float[]>(answer)!);
        Assert.InRange((model.forward(batch).view(-1) - theirs).abs().max().item<float>(), 0, 1e-5);
        Directory.Delete(Path.GetDirectoryName(file)!, true);
    }
}
