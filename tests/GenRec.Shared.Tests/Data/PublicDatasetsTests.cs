using GenRec.Shared.Data;

namespace GenRec.Shared.Tests.Data;

public class PublicDatasetsTests
{
    public static TheoryData<string> Names => [.. PublicDatasets.All.Select(set => set.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void CountsEqualThePublishedOnes(string name)
    {
        var set = PublicDatasets.Find(name)!;
        PublicData.Need(set);

        var card = set.Load().Card;

        Assert.Equal((set.Users, set.Items, set.Interactions), (card.Users, card.Items, card.Interactions));
    }
}
