using GenRec.Shared.Data.Importers;
using GenRec.Shared.Tests.Data;
using GenRec.Shared.Tests.SemanticIds;
using GenRec.Shared.Text;
using GenRec.Shared.Training;
using static TorchSharp.torch;

namespace GenRec.Shared.Tests.Text;

public class EmbeddingStepsTests
{
    private static readonly EmbeddingMatrix Vectors = Clouds.Around(4, 50, 6, noise: 0.7).With(3, 2, 9);

    private static EmbeddingMatrix Apply(params EmbeddingStep[] steps) =>
        EmbeddingSteps.Learn(Vectors, steps).Apply(Vectors);

    private static double[] Column(EmbeddingMatrix matrix, int column) =>
        [.. Enumerable.Range(0, matrix.Rows).Select(row => (double)matrix[row][column])];

    [Fact]
    public void CentredAndStandardisedColumnsHaveTheirMoments()
    {
        var (centred, scaled) = (Apply(EmbeddingStep.SubtractMean), Apply(EmbeddingStep.Standardise));
        for (var column = 0; column < 6; column++)
        {
            Assert.Equal(0, Column(centred, column).Average(), 5);
            Assert.Equal(0, Column(scaled, column).Average(), 5);
            Assert.Equal(1, Column(scaled, column).Average(value => value * value), 4);
        }
        var constant = new EmbeddingMatrix(3, 1, [2, 2, 2]);
        Assert.Equal(
            [0, 0, 0],
            EmbeddingSteps.Learn(constant, EmbeddingStep.Standardise).Apply(constant).Values.ToArray()
        );
    }

    [Fact]
    public void WhitenedColumnsAreUncorrelatedWithVarianceOne()
    {
        var white = Apply(EmbeddingStep.Whiten(4));
        Assert.Equal(4, white.Columns);
        for (var a = 0; a < 4; a++)
        for (var b = 0; b < 4; b++)
            Assert.Equal(a == b ? 1 : 0, Column(white, a).Zip(Column(white, b), (x, y) => x * y).Average(), 3);
    }

    [Fact]
    public void AProjectionKeepsTheStrongestDirectionsAndAllOfThemKeepDistances()
    {
        var all = Apply(EmbeddingStep.Project(6));
        Assert.Equal(Distance(Vectors, 0, 7), Distance(all, 0, 7), 3);
        var variances = Enumerable.Range(0, 6).Select(c => Column(all, c).Average(value => value * value)).ToArray();
        Assert.Equal(variances.OrderDescending(), variances);

        static double Distance(EmbeddingMatrix matrix, int a, int b) =>
            Math.Sqrt(Enumerable.Range(0, matrix.Columns).Sum(c => Math.Pow(matrix[a][c] - matrix[b][c], 2)));
    }

    [Fact]
    public void StepsRunInOrderAndNewVectorsGetTheOldMean()
    {
        var steps = EmbeddingSteps.Learn(Vectors, EmbeddingStep.SubtractMean, EmbeddingStep.UnitLength);
        Assert.Equal("subtract mean, unit length", steps.ToString());
        var whole = steps.Apply(Vectors);
        var single = steps.Apply(new EmbeddingMatrix(1, 6, Vectors[8].ToArray()));
        for (var i = 0; i < 6; i++)
            Assert.Equal(whole[8][i], single[0][i], 1e-5f);
        Assert.Equal(1, whole[8].ToArray().Sum(value => value * value), 4);
        Assert.Equal(Vectors.Values.ToArray(), EmbeddingSteps.Learn(Vectors).Apply(Vectors).Values.ToArray());
    }

    [Fact]
    public void WrongVectorsAreRefused()
    {
        var steps = EmbeddingSteps.Learn(Vectors, EmbeddingStep.SubtractMean);
        Assert.Throws<ArgumentException>(() => steps.Apply(Clouds.Around(2, 3, 5)));
        Assert.Throws<ArgumentException>(() => steps.Apply(Vectors.With(1, 1, float.PositiveInfinity)));
        Assert.Throws<ArgumentException>(() => EmbeddingSteps.Learn(Vectors, EmbeddingStep.Whiten(7)));
    }

    [Fact]
    public void ComputedVectorsAreReadFromBothKindsOfFile()
    {
        using var folder = new TempFolder();
        NumpyFile.Write(folder.PathOf("v.npy"), Vectors);
        using var matrix = tensor(Vectors.Values.ToArray(), 50, 6);
        using var other = zeros(2);
        Safetensors.Save(folder.PathOf("v.safetensors"), [KeyValuePair.Create("items", matrix)]);
        Safetensors.Save(
            folder.PathOf("two.safetensors"),
            [KeyValuePair.Create("items", matrix), KeyValuePair.Create("bias", other)]
        );
        foreach (var file in new[] { "v.npy", "v.safetensors" })
            Assert.Equal(Vectors.Values.ToArray(), EmbeddingFile.Read(folder.PathOf(file), 50).Values.ToArray());
        Assert.Equal(Vectors[1].ToArray(), EmbeddingFile.Read(folder.PathOf("v.npy"), 49)[0].ToArray()); // padding first
        Assert.Equal(50, EmbeddingFile.Read(folder.PathOf("two.safetensors"), 50, "items").Rows);
        Assert.Throws<DataFormatException>(() => EmbeddingFile.Read(folder.PathOf("two.safetensors"), 50));
        Assert.Throws<DataFormatException>(() => EmbeddingFile.Read(folder.PathOf("two.safetensors"), 50, "bias"));
        Assert.Throws<DataFormatException>(() => EmbeddingFile.Read(folder.PathOf("v.npy"), 48));
    }
}
