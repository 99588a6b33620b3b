using System.Text.Json;
using System.Text.Json.Serialization;
using static TorchSharp.torch;

namespace GenRec.Shared.Tests.Golden;

/// <summary>What an independent implementation computed; the script that wrote it lies beside the file.</summary>
internal sealed class GoldenFile
{
    private static readonly JsonSerializerOptions web = new(JsonSerializerDefaults.Web);
    private readonly Content content;

    private GoldenFile(Content content) => this.content = content;

    public float Loss => content.Loss;

    public static GoldenFile Read(string name)
    {
        var path = Path.Combine(AppContext.BaseDirectory, "Golden", name + ".json");
        return new GoldenFile(JsonSerializer.Deserialize<Content>(File.ReadAllText(path), web)!);
    }

    public Tensor Input(string name) => content.Inputs[name].ToTensor();

    public Tensor Output(string name) => content.Outputs[name].ToTensor();

    /// <summary>Copies every weight of the file into the model, and fails where the two name different ones.</summary>
    public void LoadInto(nn.Module model)
    {
        using var quiet = no_grad();
        var own = model.named_parameters().ToDictionary(p => p.name, p => (Tensor)p.parameter);
        Assert.Equal(content.Weights.Keys.Order(), own.Keys.Order());
        foreach (var (name, value) in content.Weights)
        {
            Assert.Equal(value.Shape, own[name].shape);
            own[name].copy_(value.ToTensor());
        }
    }

    /// <summary>Compares the gradients that lie in the model with the file's, element by element.</summary>
    public void AssertGradients(nn.Module model, double tolerance = 1e-5)
    {
        foreach (var (name, weight) in model.named_parameters())
            AssertClose(content.Gradients[name].ToTensor(), weight.grad!, name, tolerance);
    }

    public static void AssertClose(Tensor expected, Tensor actual, string what, double tolerance = 1e-5)
    {
        Assert.Equal(expected.shape, actual.shape);
        var largest = (expected - actual).abs().max().item<float>();
        Assert.True(largest <= tolerance, $"{what}: the largest difference is {largest:G3}, allowed {tolerance:G3}.");
    }

    private sealed record Content(
        string Source,
        Dictionary<string, Numbers> Weights,
        Dictionary<string, Numbers> Inputs,
        Dictionary<string, Numbers> Outputs,
        float Loss,
        Dictionary<string, Numbers> Gradients
    );

    private sealed record Numbers(long[] Shape, float[]? Values, [property: JsonPropertyName("whole")] long[]? Whole)
    {
        public Tensor ToTensor() => (Whole is null ? tensor(Values!) : tensor(Whole)).view(Shape);
    }
}
