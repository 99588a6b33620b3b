using System.Runtime.InteropServices;
using GenRec.Shared.Data;
using GenRec.Shared.Decoding;
using GenRec.Shared.Display;
using GenRec.Shared.Evaluation;
using static TorchSharp.torch;

namespace GenRec.Shared.Models;

/// <summary>TIGER's way to items that training never saw: the content codes are generated, and every item that has them is found.</summary>
/// <remarks>
/// Rajput et al., section 5.1: the number that tells equal ids apart means nothing for a new item, so it is left out, and a list holds at
/// most a share epsilon of new items. Items of one id stand in the order of their numbers.
/// </remarks>
public sealed class TigerColdStart : RichObject, IRecommender, IDisposable
{
    private readonly Tiger model;
    private readonly PrefixTrie trie;
    private readonly BeamSearch search;
    private readonly bool[] isCold;
    private readonly double share;

    /// <summary>Wraps a model without taking ownership of it.</summary>
    /// <param name="model">Trained without the cold items; its ids hold them.</param>
    /// <param name="coldItems">Items that training never saw.</param>
    /// <param name="share">Epsilon, largest share of cold items in a list, <c>0..1</c>.</param>
    /// <param name="beams">Beams of a user; the model's own number where null.</param>
    public TigerColdStart(Tiger model, IEnumerable<int> coldItems, double share, int? beams = null)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(coldItems);
        ArgumentOutOfRangeException.ThrowIfNegative(share);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(share, 1);
        (this.model, this.share) = (model, share);
        var ids = model.Tokens.Ids;
        isCold = new bool[ids.ItemCount + 1];
        foreach (var item in coldItems)
            isCold[item] = true;
        var codes = new int[ids.ItemCount * ids.ContentLevels];
        for (var item = 1; item <= ids.ItemCount; item++)
            ids[item][..ids.ContentLevels].CopyTo(codes.AsSpan((item - 1) * ids.ContentLevels));
        trie = PrefixTrie.Build(codes, ids.ContentLevels, null, model.Tokens.Layout, model.T5.TokenTable.device);
        search = new BeamSearch(trie.All, new BeamOptions { Width = beams ?? model.Options.Beams });
    }

    /// <inheritdoc/>
    public (Tensor Items, Tensor Scores) Recommend(Histories histories, int k)
    {
        ArgumentNullException.ThrowIfNull(histories);
        ArgumentOutOfRangeException.ThrowIfLessThan(k, 1);
        using var quiet = no_grad();
        using var scope = NewDisposeScope();
        using var decoder = model.Start(histories);
        using var found = search.Run(decoder);
        var longest = Math.Min(model.Tokens.Ids.ItemCount, 4 * Math.Max(k, search.Options.Width)); // cold ones may drop out
        using var lists = found.ToItems(longest);
        var (items, scores) = (Host<long>(lists.Items), Host<float>(lists.Scores));
        var (keptItems, keptScores) = (new long[histories.Count * k], new float[histories.Count * k]);
        Array.Fill(keptScores, float.NegativeInfinity);
        for (var row = 0; row < histories.Count; row++)
        {
            var (kept, cold, most) = (0, 0, (int)Math.Floor(share * k));
            for (var place = 0; place < longest && kept < k; place++)
            {
                var item = items[row * longest + place];
                if (item == 0 || (isCold[item] && cold++ >= most))
                    continue;
                (keptItems[row * k + kept], keptScores[row * k + kept]) = (item, scores[row * longest + place]);
                kept++;
            }
        }
        return (
            tensor(keptItems).view(-1, k).MoveToOuterDisposeScope(),
            tensor(keptScores).view(-1, k).MoveToOuterDisposeScope()
        );
    }

    /// <inheritdoc/>
    public void Dispose() => trie.Dispose();

    private static T[] Host<T>(Tensor tensor)
        where T : unmanaged
    {
        using var here = tensor.cpu().contiguous();
        return MemoryMarshal.Cast<byte, T>(here.bytes).ToArray();
    }
}
