using GenRec.Shared.Data.Importers;
using GenRec.Shared.Runtime;

namespace GenRec.Shared.Tests.SemanticIds;

/// <summary>Small random vectors for tests of quantisers.</summary>
internal static class Clouds
{
    /// <summary>Points around some random centres, row by row, the same for the same seed.</summary>
    public static EmbeddingMatrix Around(int centres, int rows, int columns, double noise = 0.2, ulong seed = 1)
    {
        var random = new CounterRandom(seed);
        var values = new float[rows * columns];
        for (var row = 0; row < rows; row++)
        {
            var centre = random.At(0, (ulong)row).Below(centres);
            for (var column = 0; column < columns; column++)
                values[row * columns + column] = (float)(
                    random.At(1 + (ulong)centre, (ulong)column).Normal
                    + noise * random.At(1000 + (ulong)row, (ulong)column).Normal
                );
        }
        return new EmbeddingMatrix(rows, columns, values);
    }

    /// <summary>The same vectors with one number changed.</summary>
    public static EmbeddingMatrix With(this EmbeddingMatrix matrix, int row, int column, float value)
    {
        var values = matrix.Values.ToArray();
        values[row * matrix.Columns + column] = value;
        return new EmbeddingMatrix(matrix.Rows, matrix.Columns, values);
    }

    /// <summary>Mean squared distance between the rows of two matrices.</summary>
    public static double Error(EmbeddingMatrix a, EmbeddingMatrix b)
    {
        var sum = 0.0;
        for (var at = 0; at < a.Values.Length; at++)
            sum += Math.Pow(a.Values[at] - b.Values[at], 2);
        return sum / a.Rows;
    }
}
