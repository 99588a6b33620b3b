using TorchSharp;

namespace GenRec.Shared.Display;

/// <summary>Tables of tensors. Apart from <see cref="Tables"/>, so that those need no tensor library.</summary>
public static class TensorTables
{
    private const int MostColumns = 12;

    /// <summary>
    /// The values of a tensor with its shape, type and device as title. A scalar or a vector is one row; of more than two
    /// dimensions the first matrix is shown, and the title says so.
    /// </summary>
    /// <param name="tensor">Any shape and numeric type, on any device; only what is shown is copied.</param>
    /// <param name="columns">Heads of the last dimension; by default its indices.</param>
    /// <param name="rows">Rows shown, at least 1.</param>
    public static Table AsTable(this torch.Tensor tensor, IReadOnlyList<string>? columns = null, int rows = 10)
    {
        ArgumentNullException.ThrowIfNull(tensor);
        ArgumentOutOfRangeException.ThrowIfLessThan(rows, 1);
        using var scope = torch.NewDisposeScope();
        using var noGradients = torch.no_grad();
        var matrix = tensor.detach();
        while (matrix.dim() > 2 && matrix.shape[0] > 0)
            matrix = matrix[0];
        matrix = matrix.reshape(matrix.dim() == 2 ? matrix.shape[0] : 1, matrix.dim() == 0 ? 1 : matrix.shape[^1]); // [R, C]
        var (height, width) = ((int)matrix.shape[0], (int)matrix.shape[1]);
        if (columns is not null && columns.Count != width)
            throw new ArgumentException($"{columns.Count} heads for {width} columns.", nameof(columns));
        var shown = matrix[..Math.Min(height, rows), ..Math.Min(width, MostColumns)];
        var cells = Cells(shown.cpu());
        var heads = Enumerable
            .Range(0, (int)shown.shape[1])
            .Select(at => new TableColumn(columns?[at] ?? $"{at}", AlignRight: true));
        var title = Title(tensor);
        if (tensor.dim() > 2)
            title += $", first of {tensor.numel() / Math.Max(1, (long)height * width):N0} matrices";
        var cut = new List<string>();
        if (height > rows)
            cut.Add($"{height - rows:N0} more rows");
        if (width > MostColumns)
            cut.Add($"{width - MostColumns:N0} more columns");
        return new Table([new TableColumn("", AlignRight: true), .. heads], cells)
        {
            Title = title,
            Caption = cut.Count > 0 ? string.Join(", ", cut) + "." : null,
            MaxRows = rows,
        };
    }

    /// <summary>A table where there is one to make: disposed and complex tensors are text.</summary>
    internal static IRichValue Rich(torch.Tensor tensor) =>
        tensor.IsInvalid ? Plain(Title(tensor))
        : torch.is_complex(tensor) ? Plain(tensor.ToString(TensorStringStyle.Julia))
        : tensor.AsTable();

    private static Markup Plain(string text) => new($"<pre>{HtmlText.Escape(text)}</pre>", text);

    /// <summary>Shape, type and device in one line.</summary>
    internal static string Title(torch.Tensor tensor) =>
        tensor.IsInvalid
            ? "(a tensor that has been disposed)"
            : $"[{string.Join(", ", tensor.shape)}] {tensor.dtype} on {tensor.device}";

    private static List<IReadOnlyList<object?>> Cells(torch.Tensor matrix)
    {
        var (height, width) = ((int)matrix.shape[0], (int)matrix.shape[1]);
        if (height * width == 0)
            return [.. Enumerable.Range(0, height).Select(row => (object?[])[row])];
        var isFloating = torch.is_floating_point(matrix);
        var numbers = isFloating ? matrix.to(torch.ScalarType.Float64).contiguous().data<double>().ToArray() : null;
        var integers = isFloating ? null : matrix.to(torch.ScalarType.Int64).contiguous().data<long>().ToArray();
        var rows = new List<IReadOnlyList<object?>>(height);
        for (var row = 0; row < height; row++)
        {
            var cells = new object?[width + 1];
            cells[0] = row;
            for (var at = 0; at < width; at++)
                cells[at + 1] = numbers is not null ? numbers[row * width + at] : integers![row * width + at];
            rows.Add(cells);
        }
        return rows;
    }
}
