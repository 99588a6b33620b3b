using GenRec.Shared.Nn;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace GenRec.Benchmarks.Reference;

/// <summary>
/// A mixture of experts in a loop over experts, as Hugging Face's Mixtral has it: each expert looks for its tokens, takes them out
/// and adds its part to the result.
/// </summary>
internal static class ExpertLoop
{
    /// <summary><c>sum_i g_i FFN_i(x)</c>, <c>[.., D]</c> to <c>[.., D]</c>.</summary>
    /// <param name="x">States.</param>
    /// <param name="router"><c>[E, D]</c>.</param>
    /// <param name="wide"><c>[E, F, D]</c>.</param>
    /// <param name="narrow"><c>[E, D, F]</c>.</param>
    /// <param name="options">How many experts work.</param>
    /// <param name="drop">Dropout of the inner activations.</param>
    public static Tensor Run(
        Tensor x,
        Tensor router,
        Tensor wide,
        Tensor narrow,
        T5Options options,
        Func<Tensor, Tensor> drop
    )
    {
        var flat = x.reshape(-1, x.shape[^1]); // [T, D]
        var (gates, chosen) = F.softmax(F.linear(flat, router), -1).topk(options.ActiveExperts);
        if (options.RenormaliseGates)
            gates /= gates.sum([-1L], keepdim: true);
        var result = zeros_like(flat);
        for (var expert = 0; expert < options.Experts; expert++)
        {
            var found = chosen.eq(expert).nonzero(); // [n, 2]: token and slot
            if (found.shape[0] == 0)
                continue;
            var (token, slot) = (found.select(1, 0), found.select(1, 1));
            var made = F.linear(drop(F.relu(F.linear(flat.index_select(0, token), wide[expert]))), narrow[expert]);
            var gate = gates.reshape(-1).index_select(0, token * options.ActiveExperts + slot);
            result = result.index_add(0, token, made * gate.unsqueeze(-1), 1);
        }
        return result.view(x.shape);
    }
}
