using System.Text.Json;
using GenRec.Shared.Nn;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace GenRec.Shared.Tests.Nn;

/// <summary>Parity with an implementation in PyTorch that shares no line with ours; Golden/t5_golden.py writes the file.</summary>
[Collection(TorchGenerator.Name)]
public class T5GoldenTests
{
    private const double Most = 1e-5;
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void LogitsAndGradientsAreThoseOfPyTorch(bool inGroups)
    {
        using var scope = NewDisposeScope();
        var golden = Read();
        var model = new T5(golden.Sizes);
        model.eval();
        var weights = model.named_parameters().ToDictionary(weight => weight.name, weight => weight.parameter);
        Assert.Equal(golden.Weights.Keys.Order(), weights.Keys.Order());
        using (no_grad())
            foreach (var (name, value) in golden.Weights)
                weights[name].copy_(value.ToTensor());
        var (logits, targets) = inGroups ? InGroups(model, golden) : Padded(model, golden);
        var loss = F.cross_entropy(logits.view(-1, golden.Sizes.Vocabulary), targets.view(-1));
        loss.backward();
        Assert.Equal(golden.Loss, loss.item<float>(), Most);
        if (!inGroups)
            Assert.InRange((logits.view(-1) - tensor(golden.Logits)).abs().max().item<float>(), 0, Most);
        foreach (var (name, value) in golden.Gradients)
        {
            var difference = (weights[name].grad! - value.ToTensor()).abs().max().item<float>();
            Assert.True(difference < Most, $"{name}: {difference}");
        }
    }

    private static (Tensor Logits, Tensor Targets) Padded(T5 model, Golden golden)
    {
        var isReal = golden.Lengths.SelectMany(length =>
            Enumerable.Range(0, golden.Ids[0].Length).Select(at => at < length)
        );
        var ids = Grid(golden.Ids);
        var targets = Grid(golden.Targets);
        return (model.forward(ids, tensor(isReal.ToArray()).view(ids.shape), Shift(targets)), targets);
    }

    private static (Tensor Logits, Tensor Targets) InGroups(T5 model, Golden golden)
    {
        var (order, groups) = LengthGroups.Of(golden.Lengths);
        var ids = order.SelectMany(row => golden.Ids[row].Take(golden.Lengths[row])).ToArray();
        var targets = Grid([.. order.Select(row => golden.Targets[row])]);
        return (model.Logits(model.ForwardGroups(tensor(ids), groups, Shift(targets))), targets);
    }

    private static Tensor Shift(Tensor targets) =>
        cat([zeros(targets.shape[0], 1, dtype: ScalarType.Int64), targets.narrow(1, 0, targets.shape[1] - 1)], 1);

    private static Tensor Grid(long[][] rows) => tensor(rows.SelectMany(row => row).ToArray()).view(rows.Length, -1);

    private static Golden Read() =>
        JsonSerializer.Deserialize<Golden>(
            File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Nn", "Golden", "t5.json")),
            Json
        )!;

    private sealed record Golden(
        T5Options Sizes,
        int[] Lengths,
        long[][] Ids,
        long[][] Targets,
        float Loss,
        float[] Logits,
        Dictionary<string, Values> Weights,
        Dictionary<string, Values> Gradients
    );

    private sealed record Values(
        long[] Shape,
        [property: System.Text.Json.Serialization.JsonPropertyName("values")] float[] Numbers
    )
    {
        public Tensor ToTensor() => tensor(Numbers).view(Shape);
    }
}
