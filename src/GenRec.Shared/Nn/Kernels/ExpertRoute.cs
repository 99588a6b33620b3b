using System.Numerics.Tensors;

namespace GenRec.Shared.Nn.Kernels;

/// <summary>Which experts each token of a batch goes to, and in which row it stands there.</summary>
internal sealed class ExpertRoute
{
    /// <summary>An expert's rows are a multiple of this.</summary>
    public const int Step = 16;

    private readonly int experts;
    private readonly int active;
    private readonly bool renormalise;
    private readonly int[] chosen; // [S K]

    /// <summary>Sorts tokens by expert.</summary>
    /// <param name="shares">The router's logits, a row for each token and more; become its softmax, rows behind the last token 0. <c>[.. E]</c></param>
    /// <param name="tokens">S.</param>
    /// <param name="experts">E.</param>
    /// <param name="active">K, experts of each token.</param>
    /// <param name="renormalise">Whether a token's gates are scaled to sum to 1.</param>
    public ExpertRoute(Span<float> shares, int tokens, int experts, int active, bool renormalise)
    {
        (this.experts, this.active, this.renormalise) = (experts, active, renormalise);
        (chosen, Gates, Places) = (new int[tokens * active], new float[tokens * active], new int[tokens * active]);
        Load = new long[experts];
        for (var token = 0; token < tokens; token++)
        {
            var row = shares.Slice(token * experts, experts);
            TensorPrimitives.SoftMax(row, row);
            Choose(row, token * active);
        }
        shares[(tokens * experts)..].Clear();
        var next = new int[experts];
        var blocks = new List<ExpertBlock>();
        for (var expert = 0; expert < experts; expert++)
        {
            var rows = ((int)Load[expert] + Step - 1) / Step * Step;
            next[expert] = Rows;
            if (rows > 0)
                blocks.Add(new ExpertBlock(expert, Rows, rows));
            Rows += rows;
        }
        (Blocks, Tokens) = (blocks, new int[Rows]);
        Array.Fill(Tokens, -1);
        for (var slot = 0; slot < chosen.Length; slot++)
        {
            Places[slot] = next[chosen[slot]]++;
            Tokens[Places[slot]] = slot / active;
        }
    }

    /// <summary>Weight of each of a token's experts, <c>[S K]</c>.</summary>
    public float[] Gates { get; }

    /// <summary>The row in which a token stands with each of its experts, <c>[S K]</c>.</summary>
    public int[] Places { get; }

    /// <summary>The token of each row, -1 where there is none, <c>[P]</c>.</summary>
    public int[] Tokens { get; }

    /// <summary>P, rows of all experts.</summary>
    public int Rows { get; }

    /// <summary>Rows of the experts that have tokens.</summary>
    public IReadOnlyList<ExpertBlock> Blocks { get; }

    /// <summary>Tokens of each expert, <c>[E]</c>.</summary>
    public long[] Load { get; }

    /// <summary>The gradient of the router's logits.</summary>
    /// <param name="shares">The softmax, <c>[.. E]</c>.</param>
    /// <param name="gates">Gradient of the gates, <c>[S K]</c>.</param>
    /// <param name="logits">Takes the result, rows behind the last token 0, <c>[.. E]</c>.</param>
    public void Gradient(ReadOnlySpan<float> shares, ReadOnlySpan<float> gates, Span<float> logits)
    {
        logits.Clear();
        for (var from = 0; from < gates.Length; from += active)
        {
            var row = from / active * experts;
            var given = gates.Slice(from, active);
            // g_i = s_i / sum_j s_j over the chosen j: dL/ds_i = (dL/dg_i - sum_j g_j dL/dg_j) / sum_j s_j.
            var (shift, total) = (0f, 1f);
            if (renormalise)
            {
                (shift, total) = (TensorPrimitives.Dot(given, Gates.AsSpan(from, active)), 0);
                for (var at = 0; at < active; at++)
                    total += shares[row + chosen[from + at]];
            }
            // Of a softmax: dL/dlogit_i = s_i (dL/ds_i - sum_j s_j dL/ds_j), where only the chosen have a gradient.
            var mean = 0f;
            for (var at = 0; at < active; at++)
                mean += shares[row + chosen[from + at]] * (given[at] - shift) / total;
            for (var expert = 0; expert < experts; expert++)
                logits[row + expert] = -shares[row + expert] * mean;
            for (var at = 0; at < active; at++)
                logits[row + chosen[from + at]] += shares[row + chosen[from + at]] * (given[at] - shift) / total;
        }
    }

    private void Choose(ReadOnlySpan<float> shares, int slot)
    {
        var total = 0f;
        for (var rank = 0; rank < active; rank++)
        {
            var best = -1;
            for (var expert = 0; expert < experts; expert++)
                if ((best < 0 || shares[expert] > shares[best]) && !chosen.AsSpan(slot, rank).Contains(expert))
                    best = expert;
            chosen[slot + rank] = best;
            total += Gates[slot + rank] = shares[best];
            Load[best]++;
        }
        if (renormalise)
            for (var rank = 0; rank < active; rank++)
                Gates[slot + rank] /= total;
    }
}
