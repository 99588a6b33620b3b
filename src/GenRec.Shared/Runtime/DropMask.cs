namespace GenRec.Shared.Runtime;

/// <summary>One dropout's mask, made in pieces where it is needed, so that no mask is ever kept: equal keys give equal masks.</summary>
/// <remarks>The numbers are those of <see cref="SeededDropout.FillMask"/>.</remarks>
internal readonly struct DropMask
{
    /// <summary>A piece starts at a multiple of so many elements.</summary>
    public const int Step = PhiloxMask.GroupSize;

    private readonly MaskKey key;
    private readonly int dropped; // of PhiloxMask.Resolution

    /// <summary>A mask.</summary>
    /// <param name="key">Where its numbers come from.</param>
    /// <param name="p">Drop probability, 0 to below 1; with 0 the mask is all ones.</param>
    public DropMask(MaskKey key, double p)
    {
        (this.key, dropped) = (key, (int)Math.Round(p * PhiloxMask.Resolution));
        Keep = (float)PhiloxMask.Resolution / (PhiloxMask.Resolution - dropped);
    }

    /// <summary>What is kept is multiplied by this.</summary>
    public float Keep { get; }

    /// <summary>Whether nothing is dropped.</summary>
    public bool IsNone => dropped == 0;

    /// <summary>Writes <see cref="Keep"/> or 0 for the elements from <paramref name="from"/> on, a multiple of <see cref="Step"/>.</summary>
    public void Fill(Span<float> target, long from)
    {
        if (IsNone)
            target.Fill(1);
        else
            PhiloxMask.Fill(target, (int)(from / Step), dropped, Keep, key);
    }
}
