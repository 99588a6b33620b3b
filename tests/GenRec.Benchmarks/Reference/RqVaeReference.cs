using GenRec.Shared.Data.Importers;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;
using F = TorchSharp.torch.nn.functional;

namespace GenRec.Benchmarks.Reference;

/// <summary>RQ-VAE as the popular repositories train it, a step at a time.</summary>
/// <remarks>
/// After the index trainer of RUCAIBox/LC-Rec, which LETTER, ETEGRec and MiniOneRec reuse: a data set that makes a tensor of each
/// item and the library's loader that stacks them, every error a mean over elements, level losses averaged, the per-level
/// straight-through output subtracted, AdamW, gradients clipped at 1, a check for NaN and losses read back in each step. The
/// library's optimizer and layers, products in float32. Its Sinkhorn rounds at the last level are left out, as in TIGER, and
/// so is what EdoardoBotta/RQ-VAE-Recommender does besides in each step: it compares all pairs of the batch's ids.
/// </remarks>
internal sealed class RqVaeReference : IDisposable
{
    private readonly Tensor items;
    private readonly Linear[] encoder;
    private readonly Linear[] decoder;
    private readonly Parameter[] codebooks;
    private readonly Parameter[] parameters;
    private readonly AdamW optimizer;
    private readonly int batchSize;
    private readonly TorchSharp.Modules.DataLoader? loader;
    private readonly IEnumerator<Dictionary<string, Tensor>>? batches;
    private Tensor order;
    private int position;

    /// <summary>Makes the network.</summary>
    /// <param name="items">Item vectors, <c>[N, D]</c>.</param>
    /// <param name="widths">D, the hidden layers and the latent width.</param>
    /// <param name="levels">Codebooks.</param>
    /// <param name="codes">Codes of each.</param>
    /// <param name="batchSize">Items in a batch.</param>
    /// <param name="seed">Seed of weights and order.</param>
    /// <param name="rows">The vectors again, for the loader; null gathers each batch from <paramref name="items"/> at once.</param>
    public RqVaeReference(
        Tensor items,
        int[] widths,
        int levels,
        int codes,
        int batchSize,
        int seed,
        EmbeddingMatrix? rows = null
    )
    {
        manual_seed(seed);
        (this.items, this.batchSize) = (items, batchSize);
        encoder = [.. Enumerable.Range(0, widths.Length - 1).Select(i => Fresh(widths[i], widths[i + 1]))];
        decoder = [.. Enumerable.Range(0, widths.Length - 1).Select(i => Fresh(widths[^(i + 1)], widths[^(i + 2)]))];
        codebooks =
        [
            .. Enumerable.Range(0, levels).Select(_ => Parameter((rand(codes, widths[^1]) - 0.5) * 2.0 / codes)),
        ];
        parameters = [.. encoder.Concat(decoder).SelectMany(layer => layer.parameters()), .. codebooks];
        optimizer = optim.AdamW(parameters, 1e-3, weight_decay: 1e-4);
        order = randperm(items.shape[0]).DetachFromDisposeScope();
        if (rows is null)
            return;
        loader = TorchSharp.torch.utils.data.DataLoader(new ItemVectors(rows), batchSize, shuffle: true);
        batches = loader.GetEnumerator();
    }

    public IReadOnlyList<Linear> Encoder => encoder;

    public IReadOnlyList<Linear> Decoder => decoder;

    public IReadOnlyList<Parameter> Codebooks => codebooks;

    public double LastReconstruction { get; private set; } = double.NaN;

    /// <summary>One update; returns the items in it.</summary>
    public int Step()
    {
        using var scope = NewDisposeScope();
        var x = batches is null ? items.index_select(0, NextRows()) : NextLoaded(batches);
        optimizer.zero_grad();
        var (total, reconstruction) = Loss(x);
        if (total.isnan().item<bool>())
            throw new InvalidOperationException("Training loss is nan.");
        total.backward();
        TorchSharp.torch.nn.utils.clip_grad_norm_(parameters, 1.0);
        optimizer.step();
        _ = total.item<float>();
        LastReconstruction = reconstruction.item<float>();
        return (int)x.shape[0];
    }

    public (Tensor Total, Tensor Reconstruction) Loss(Tensor x)
    {
        var z = Through(encoder, x);
        var (residual, quantised, losses) = (z, zeros_like(z), new List<Tensor>());
        foreach (var codebook in codebooks)
        {
            var distances =
                residual.pow(2).sum(1, keepdim: true)
                + codebook.pow(2).sum(1, keepdim: true).t()
                - 2 * residual.matmul(codebook.t());
            var chosen = codebook.index_select(0, distances.argmin(-1));
            var commitment = F.mse_loss(chosen.detach(), residual);
            var learned = F.mse_loss(chosen, residual.detach());
            losses.Add(learned + 0.25 * commitment);
            var through = residual + (chosen - residual).detach();
            residual = residual - through;
            quantised = quantised + through;
        }
        var reconstruction = F.mse_loss(Through(decoder, quantised), x);
        return (reconstruction + stack(losses).mean(), reconstruction);
    }

    public void Dispose()
    {
        foreach (var parameter in parameters)
            parameter.Dispose();
        optimizer.Dispose();
        order.Dispose();
        batches?.Dispose();
        loader?.Dispose();
    }

    private static Tensor NextLoaded(IEnumerator<Dictionary<string, Tensor>> batches)
    {
        if (!batches.MoveNext())
        {
            batches.Reset();
            batches.MoveNext();
        }
        return batches.Current["vector"];
    }

    private Tensor NextRows()
    {
        if (position >= items.shape[0])
        {
            order.Dispose();
            order = randperm(items.shape[0]).DetachFromDisposeScope();
            position = 0;
        }
        var size = Math.Min(batchSize, items.shape[0] - position);
        var rows = order.narrow(0, position, size);
        position += (int)size;
        return rows;
    }

    private static Tensor Through(Linear[] layers, Tensor x)
    {
        for (var i = 0; i < layers.Length; i++)
        {
            x = layers[i].forward(x);
            if (i + 1 < layers.Length)
                x = F.relu(x);
        }
        return x;
    }

    private static Linear Fresh(int from, int to)
    {
        var layer = Linear(from, to);
        init.xavier_normal_(layer.weight!);
        init.zeros_(layer.bias!);
        return layer;
    }

    /// <summary>One item's vector as a tensor, as LC-Rec's <c>EmbDataset</c> gives it.</summary>
    private sealed class ItemVectors(EmbeddingMatrix rows) : TorchSharp.torch.utils.data.Dataset
    {
        public override long Count => rows.Rows;

        public override Dictionary<string, Tensor> GetTensor(long index) =>
            new() { ["vector"] = tensor(rows[(int)index].ToArray()) };
    }
}
