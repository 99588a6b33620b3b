namespace GenRec.Cli.Tests;

public class NearestNameTests
{
    private static readonly string[] Names = ["sasrec-beauty-paper", "sasrec-sports-paper", "bert4rec-beauty-paper"];

    [Theory]
    [InlineData("sasrec-beuaty-paper", "sasrec-beauty-paper")]
    [InlineData("SASREC-SPORTS-PAPER", "sasrec-sports-paper")]
    [InlineData("completely else", null)]
    public void TheNearestNameIsFoundWhereOneIsNear(string typed, string? meant) =>
        Assert.Equal(meant, NearestName.Of(typed, Names));
}
