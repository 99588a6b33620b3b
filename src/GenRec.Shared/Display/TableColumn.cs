namespace GenRec.Shared.Display;

/// <summary>One column of a <see cref="Table"/>.</summary>
/// <param name="Header">Text of the head.</param>
/// <param name="Format">
/// .NET format of the cells (<c>"F4"</c>, <c>"N0"</c>, <c>"P1"</c>); null chooses as many decimals as the column needs, up to four.
/// </param>
/// <param name="AlignRight">Null aligns right when every cell is a number.</param>
public sealed record TableColumn(string Header, string? Format = null, bool? AlignRight = null) : RichRecord
{
    /// <summary>A column from its head alone.</summary>
    public static implicit operator TableColumn(string header) => new(header);

    /// <summary>Same as the implicit conversion.</summary>
    public static TableColumn FromString(string header) => new(header);
}
