using System.Text.Json;
using GenRec.Shared.Models;
using GenRec.Shared.SemanticIds;
using GenRec.Shared.Training;
using static TorchSharp.torch;

namespace GenRec.Shared.Tests.Models;

/// <summary>A saved decoder-only model says the same in PyTorch; Nn/Golden/backbone_logits.py loads it and documents the names.</summary>
[Collection(TorchGenerator.Name)]
public class BackboneWeightsTests
{
    private static readonly SemanticIdTable Ids = new([3, 4], [0, 1, 2, 3, 1, 0, 0, 2, 2, 1]);

    private static readonly BackboneOptions Options = new()
    {
        HistoryLayers = 2,
        Width = 8,
        Heads = 4,
        KeyValueHeads = 2,
        HeadWidth = 4,
        FeedForward = 12,
        Source = "test",
    };

    [Fact]
    public void PyTorchReadsASavedDecoderAndComputesItsLogits()
    {
        PythonWithTorch.NeedOrSkip();
        using var scope = NewDisposeScope();
        manual_seed(3);
        var model = new Backbone(Ids, Options);
        model.eval();
        var folder = Directory.CreateTempSubdirectory("genrec-").FullName;
        try
        {
            var file = Path.Combine(folder, "model.safetensors");
            Safetensors.Save(file, model);
            int[][] rows =
            [
                [1, 4, 2, 5],
                [3, 1],
            ];
            var tokens = Ids.ToTokens(first: 1);
            var request = new
            {
                heads = Options.Heads,
                keyValueHeads = Options.KeyValueHeads,
                sequences = rows.Select(row =>
                    row.SelectMany(item => new[] { tokens[2 * item], tokens[2 * item + 1] })
                ),
            };
            var answer = PythonWithTorch.Run("Nn/Golden/backbone_logits.py", JsonSerializer.Serialize(request), file);
            var all = tensor(JsonSerializer.Deserialize<float[]>(answer)!).view(-1, model.TokenTable.shape[0]);
            // Codes of every item but the first: each is told by the cell before it.
            var theirs = all.index_select(0, tensor((long[])[1, 2, 3, 4, 5, 6, 9, 10]));
            var own = model.forward(model.Pack(rows, [1, 1])).view(theirs.shape); // [T m, V]
            Assert.InRange((own - theirs).abs().max().item<float>(), 0, 1e-5);
        }
        finally
        {
            Directory.Delete(folder, true);
        }
    }

    [Fact]
    public void WeightsOfAnotherShapeAreRefusedWithBothShapes()
    {
        using var scope = NewDisposeScope();
        var file = Path.GetTempFileName();
        try
        {
            Safetensors.Save(file, new Backbone(Ids, Options));
            var wider = new Backbone(Ids, Options with { FeedForward = 16 });
            var complaint = Assert.ThrowsAny<Exception>(() => Safetensors.LoadInto(file, wider)).Message;
            Assert.Contains("24", complaint); // 2 F of the file
            Assert.Contains("32", complaint); // and of the model
        }
        finally
        {
            File.Delete(file);
        }
    }
}
