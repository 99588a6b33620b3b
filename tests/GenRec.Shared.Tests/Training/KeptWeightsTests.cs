using GenRec.Shared.Training;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace GenRec.Shared.Tests.Training;

public class KeptWeightsTests
{
    [Fact]
    public void WeightsComeBackAsTheyWere()
    {
        using var model = Linear(3, 2);
        var before = model.weight!.detach().clone();
        using var kept = new KeptWeights(model);
        using (no_grad())
            model.weight!.add_(1);
        Assert.False(model.weight!.equal(before).all().item<bool>());
        kept.PutBack(model);
        Assert.True(model.weight!.equal(before).all().item<bool>());
        Assert.Equal(8, kept.Count);
        using var other = Linear(4, 2);
        Assert.Contains("at 'weight'", Assert.Throws<ArgumentException>(() => kept.PutBack(other)).Message);
    }
}
