using System.Globalization;
using GenRec.Shared.Data;
using GenRec.Shared.Models;
using GenRec.Shared.Tests.Golden;
using GenRec.Shared.Training;
using static TorchSharp.torch;

namespace GenRec.Shared.Tests.Models;

[Collection(TorchGenerator.Name)]
public class Bert4RecGoldenTests
{
    private static readonly Bert4RecOptions Options = new()
    {
        Hidden = 8,
        Heads = 2,
        Inner = 12,
        MaxLength = 6,
        Dropout = 0,
        AttentionDropout = 0,
        Source = "Golden/bert4rec.py",
    };

    [Fact]
    public void LogitsLossAndGradientsAreThoseOfAnIndependentImplementation()
    {
        using var scope = NewDisposeScope();
        var golden = GoldenFile.Read("bert4rec");
        var model = new Bert4Rec(9, Options);
        golden.LoadInto(model);
        model.eval();
        var batch = Packed(golden.Input("ids"), golden.Input("targets"));
        var states = model.StatesAt(
            model.Embed(Grid(batch.Items)),
            Grid(batch.Positions),
            Grid(batch.Segments),
            tensor(batch.Cells)
        );
        var logits = states.matmul(model.OutputTable.t()) + model.OutputBias!; // [T, N + 1]
        GoldenFile.AssertClose(golden.Output("logits"), logits.narrow(1, 1, 9), "logits");
        var loss = ItemSequenceObjective.Loss(model, batch);
        Assert.Equal(golden.Loss, loss.item<float>(), 1e-5f);
        loss.backward();
        golden.AssertGradients(model);

        Tensor Grid(long[] cells) => tensor(cells).view(batch.Rows, batch.Width);
    }

    [Fact]
    public void APyTorchScriptReadsASavedModelAndGivesItsScores() // the parameters' names are a promise
    {
        PythonWithTorch.NeedOrSkip();
        using var scope = NewDisposeScope();
        manual_seed(5);
        var model = new Bert4Rec(9, Options);
        var path = Path.GetTempFileName();
        try
        {
            Safetensors.Save(path, model);
            var told = PythonWithTorch.Run("Golden/bert4rec.py", "", path, "2", "3", "5", "1", "9");
            var expected = told.Split(' ').Select(value => float.Parse(value, CultureInfo.InvariantCulture)).ToArray();
            var own = new ItemSequenceScorer(model).ScoreAll(
                Histories.From([
                    [3, 5, 1, 9],
                ])
            ); // [1, N + 1]
            GoldenFile.AssertClose(tensor(expected), own[0].narrow(0, 1, 9), "scores");
        }
        finally
        {
            File.Delete(path);
        }
    }

    /// <summary>The padded sequences of the file, two of them sharing a row.</summary>
    private static NextItemBatch Packed(Tensor ids, Tensor targets)
    {
        var (rows, hidden) = (ids.data<long>().ToArray().Chunk(6).ToArray(), targets.data<long>().ToArray());
        var lengths = Array.ConvertAll(rows, row => row.Count(id => id > 0));
        var packing = RowPacking.Pack(lengths, 8);
        Assert.Equal(2, packing.Rows);
        var (items, positions, segments) = (new long[16], new long[16], new long[16]);
        var told = new List<(long Cell, long Item)>();
        for (var r = 0; r < rows.Length; r++)
        for (var j = 0; j < lengths[r]; j++)
        {
            var (cell, place) = (packing.Starts.Span[r] + j, 6 - lengths[r] + j);
            (items[cell], positions[cell], segments[cell]) = (rows[r][place], place, r + 1);
            if (hidden[r * 6 + place] > 0)
                told.Add((cell, hidden[r * 6 + place]));
        }
        long[] cells = [.. told.Select(pair => pair.Cell)];
        return new NextItemBatch(2, 8, items, positions, segments, cells, [.. told.Select(pair => pair.Item)], []);
    }
}
