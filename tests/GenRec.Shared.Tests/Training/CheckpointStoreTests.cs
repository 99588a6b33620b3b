using System.Text;
using GenRec.Shared.Training;

namespace GenRec.Shared.Tests.Training;

public sealed class CheckpointStoreTests : IDisposable
{
    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("genrec-checkpoints-");

    public void Dispose() => folder.Delete(recursive: true);

    [Fact]
    public void AFullDiskLeavesTheEarlierCheckpointIntactAndNothingElse()
    {
        using var store = new CheckpointStore(folder.FullName);
        Write(store, 1);
        var error = Assert.Throws<IOException>(() =>
            store.Write(
                new TrainingState { Step = 2 },
                new Dictionary<string, Action<Stream>>
                {
                    ["weights"] = file => file.Write(new byte[1000]),
                    ["moments"] = _ => throw new IOException("No space left on device"),
                }
            )
        );
        Assert.Contains("step 2", error.Message);
        Assert.Contains($"{store.PathOf(1)} is intact", error.Message);
        Assert.Equal([1], store.Steps());
        Assert.Equal(1, store.Read(1).Step);
        Assert.Single(folder.EnumerateDirectories());
    }

    [Theory]
    [InlineData("weights")]
    [InlineData("state.json")]
    public void DamageIsFoundAndNamed(string file)
    {
        using var store = new CheckpointStore(folder.FullName);
        Write(store, 1);
        var path = Path.Combine(store.PathOf(1), file);
        var bytes = File.ReadAllBytes(path);
        File.WriteAllBytes(path, bytes[..^2]);
        Assert.Contains(store.PathOf(1), Assert.Throws<InvalidDataException>(() => store.Read(1)).Message);
        bytes[0] ^= 64;
        File.WriteAllBytes(path, bytes);
        Assert.Throws<InvalidDataException>(() => store.Read(1));
        File.Delete(path);
        Assert.Throws<InvalidDataException>(() => store.Read(1));
    }

    [Fact]
    public void TheNewestAndTheBestAreKept()
    {
        using var store = new CheckpointStore(folder.FullName);
        for (var step = 1; step <= 6; step++)
            Write(store, step);
        store.Prune(keep: 2, best: 3);
        Assert.Equal([6, 5, 3], store.Steps());
    }

    [Fact]
    public void LeftoversOfAKillAreSweptAndNeverTakenForCheckpoints()
    {
        using (var store = new CheckpointStore(folder.FullName))
            Write(store, 1);
        folder.CreateSubdirectory(".unfinished-0123456789ab").CreateSubdirectory("x");
        using (var store = new CheckpointStore(folder.FullName))
            Assert.Equal([1], store.Steps());
        Assert.Single(folder.EnumerateDirectories());
    }

    [Fact]
    public void ASecondRunInTheSameFolderIsRefused()
    {
        using var store = new CheckpointStore(folder.FullName);
        Assert.Contains(
            folder.FullName,
            Assert.Throws<IOException>(() => new CheckpointStore(folder.FullName)).Message
        );
    }

    private static void Write(CheckpointStore store, long step) =>
        store.Write(
            new TrainingState { Step = step },
            new Dictionary<string, Action<Stream>>
            {
                ["weights"] = file => file.Write(Encoding.UTF8.GetBytes($"weights {step}")),
            }
        );
}
