using GenRec.Shared.Data;
using GenRec.Shared.Display;
using GenRec.Shared.Runtime;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace GenRec.Shared.Models;

/// <summary>What loss, batches and scoring must know of a model over item sequences.</summary>
public interface INextItemOptions
{
    /// <summary>D, the width of every vector.</summary>
    int Hidden { get; }

    /// <summary>L, the longest sequence the model reads.</summary>
    int MaxLength { get; }

    /// <summary>What is minimised.</summary>
    NextItemObjective Objective { get; }

    /// <summary>k, negatives of the sampled objectives.</summary>
    int Negatives { get; }

    /// <summary>Whose the negatives are.</summary>
    NegativeSharing Sharing { get; }

    /// <summary>t of gBCE.</summary>
    double Calibration { get; }

    /// <summary>Format of the full softmax's products.</summary>
    Precision Precision { get; }
}

/// <summary>A model that turns packed rows of items into hidden states, which an item table scores.</summary>
/// <remarks>SASRec and BERT4Rec are two of them; batches, losses, scoring, training and presets are shared.</remarks>
[TypeFormatterSource(typeof(RichValueFormatterSource))]
public abstract class ItemSequenceModel : Module<Tensor, Tensor, Tensor, Tensor>, IRichValue
{
    /// <summary>Keeps what all such models have.</summary>
    /// <param name="name">Name of the module.</param>
    /// <param name="itemCount">N; ids are <c>1..N</c>.</param>
    /// <param name="options">What loss and scoring must know.</param>
    protected ItemSequenceModel(string name, int itemCount, INextItemOptions options)
        : base(name)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(itemCount, 1);
        (ItemCount, NextItem) = (itemCount, options);
    }

    /// <summary>N, the number of items.</summary>
    public int ItemCount { get; }

    /// <summary>What loss and scoring must know.</summary>
    public INextItemOptions NextItem { get; }

    /// <summary>The table that scores items, <c>[N + 1, D]</c>; row 0 is padding.</summary>
    public abstract Tensor OutputTable { get; }

    /// <summary>Added to each item's score, <c>[N + 1]</c>; null where there is none.</summary>
    public virtual Tensor? OutputBias => null;

    /// <summary>The id whose place is to be told, put behind a history; null where the newest item's place is asked.</summary>
    public virtual int? MaskId => null;

    /// <summary>Whether one item table serves as input and output.</summary>
    public virtual bool SharesTable => true;

    /// <summary>Hidden state at each cell of packed rows.</summary>
    /// <param name="ids">Item ids, 0 where a cell is empty, <c>[R, W]</c>, int64.</param>
    /// <param name="position">Position ids, <c>0..L-1</c>, <c>[R, W]</c>, int64.</param>
    /// <param name="segment">Which sequence a cell belongs to, <c>[R, W]</c>, int64.</param>
    /// <returns><c>[R, W, D]</c>, owned by the caller.</returns>
    public override Tensor forward(Tensor ids, Tensor position, Tensor segment)
    {
        using var embedded = Embed(ids);
        return Encode(embedded, position, segment);
    }

    /// <summary>Hidden states, from item vectors that were looked up already.</summary>
    /// <param name="embedded">Rows of the item table, <c>[R, W, D]</c>.</param>
    /// <param name="position">Position ids, <c>[R, W]</c>, int64.</param>
    /// <param name="segment">Which sequence a cell belongs to, <c>[R, W]</c>, int64.</param>
    /// <returns><c>[R, W, D]</c>, owned by the caller.</returns>
    public abstract Tensor Encode(Tensor embedded, Tensor position, Tensor segment);

    /// <summary>What is multiplied with the item table, at some cells only.</summary>
    /// <param name="embedded">Rows of the item table, <c>[R, W, D]</c>.</param>
    /// <param name="position">Position ids, <c>[R, W]</c>, int64.</param>
    /// <param name="segment">Which sequence a cell belongs to, <c>[R, W]</c>, int64.</param>
    /// <param name="cells">Cells of the flattened grid, <c>[T]</c>, int64.</param>
    /// <returns><c>[T, D]</c>, owned by the caller.</returns>
    public virtual Tensor StatesAt(Tensor embedded, Tensor position, Tensor segment, Tensor cells)
    {
        using var hidden = Encode(embedded, position, segment);
        using var flat = hidden.view(-1, hidden.shape[^1]);
        return flat.index_select(0, cells);
    }

    /// <summary>Looks items up in the input table.</summary>
    /// <param name="ids">Item ids, any shape, int64.</param>
    /// <returns>The shape of <paramref name="ids"/> with D behind it.</returns>
    public abstract Tensor Embed(Tensor ids);

    /// <summary>Looks items up in the table that scores them.</summary>
    /// <param name="ids">Item ids, any shape, int64.</param>
    /// <returns>The shape of <paramref name="ids"/> with D behind it.</returns>
    public virtual Tensor EmbedForScores(Tensor ids) => Embed(ids);

    /// <summary>Attention weights of one block, for plots; no dropout.</summary>
    /// <returns><c>[R, H, W, W]</c>, each row sums to 1 over the cells it may see.</returns>
    public abstract Tensor AttentionWeights(Tensor ids, Tensor position, Tensor segment, int block);

    /// <inheritdoc/>
    public string ToHtml() => ModelCard.Of(this).ToHtml();

    /// <inheritdoc/>
    public string ToText() => ModelCard.Of(this).ToText();
}
