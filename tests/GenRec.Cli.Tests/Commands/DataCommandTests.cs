using GenRec.Shared.Data;

namespace GenRec.Cli.Tests.Commands;

public class DataCommandTests
{
    [Fact]
    public async Task TheListNamesEveryPublicSet()
    {
        var told = await Shell.RunAsync("data", "list");
        Assert.Equal(0, told.ExitCode);
        Assert.All(PublicDatasets.All, set => Assert.Contains(set.Name, told.Out));
    }

    [Fact]
    public async Task TheEmbeddedWorldIsShownWithTitles()
    {
        var told = await Shell.RunAsync("data", "show", "world-smoke");
        Assert.Equal(0, told.ExitCode);
        Assert.Contains("interactions", told.Out);
        Assert.Matches(@"item 1 +\w", told.Out);
    }

    [Fact]
    public async Task ACardComparesWithThePublishedCounts()
    {
        Assert.SkipUnless(
            PublicDatasets.Find("ml-100k")?.IsAvailable == true,
            "ml-100k is not here; set GENREC_DATA to the folder of public data sets."
        );
        var told = await Shell.RunAsync("data", "card", "ml-100k");
        Assert.Equal(0, told.ExitCode);
        Assert.Contains("equal", told.Out);
    }
}
