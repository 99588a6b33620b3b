using GenRec.Shared.Data;

namespace GenRec.Shared.Tests.Data;

/// <summary>Skips a test where a public data set is not on this machine.</summary>
internal static class PublicData
{
    public static void Need(PublicDataset set) =>
        Assert.SkipUnless(
            set.IsAvailable,
            $"The data set '{set.Name}' is not here. Set {DataFolders.Variable} to the folder that holds '{set.Folder}'."
        );

    public static Dataset Load(string name)
    {
        Need(PublicDatasets.Find(name)!);
        return PublicDatasets.Load(name);
    }
}
