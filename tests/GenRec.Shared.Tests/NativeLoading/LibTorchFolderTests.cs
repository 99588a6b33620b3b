using GenRec.Shared.Runtime;

namespace GenRec.Shared.Tests.NativeLoading;

public sealed class LibTorchFolderTests : IDisposable
{
    private readonly string installation = Directory.CreateTempSubdirectory("genrec-libtorch-").FullName;

    private string Lib => Directory.CreateDirectory(Path.Combine(installation, "lib")).FullName;

    public void Dispose() => Directory.Delete(installation, recursive: true);

    [Theory]
    [InlineData(
        "version.py",
        "from typing import Optional\n__version__ = '2.11.0+cu128'\ndebug = False\n",
        "2.11.0+cu128"
    )]
    [InlineData("build-version", "2.10.0+cpu\n", "2.10.0+cpu")]
    public void TheVersionIsReadFromTheInstallation(string file, string content, string version)
    {
        File.WriteAllText(Path.Combine(installation, file), content);
        PutLibrary("torch_cpu");
        Assert.Equal(version, LibTorchFolder.Open(Lib).Version);
        Assert.Equal(LibTorchFolder.Open(Lib), LibTorchFolder.Open(installation)); // the folder above will do
    }

    [Fact]
    public void DependenciesComeFirst()
    {
        foreach (var name in new[] { "torch", "torch_cpu", "torch_cuda", "c10_cuda", "c10" })
            PutLibrary(name);
        var wanted = new[] { "c10", "torch_cpu", "c10_cuda", "torch_cuda", "torch" }.Select(LibTorchFolder.FileNameOf);
        Assert.Equal(wanted, LibTorchFolder.Open(Lib).Libraries().Select(path => Path.GetFileName(path)));
    }

    [Fact]
    public void AFolderWithoutLibTorchIsNamedTogetherWithWhatToDo()
    {
        var empty = Assert.Throws<FileNotFoundException>(() => LibTorchFolder.Open(Lib));
        Assert.Contains(Lib, empty.Message);
        Assert.Contains(LibTorchFolder.FileNameOf("torch_cpu"), empty.Message);
        Assert.Contains("python3 -c", empty.Message);
        var nowhere = Path.Combine(installation, "nowhere");
        Assert.Contains(nowhere, Assert.Throws<DirectoryNotFoundException>(() => LibTorchFolder.Open(nowhere)).Message);
    }

    [Theory]
    [InlineData("2.10.0", "2.10.0+cu128", true)]
    [InlineData("2.10", "2.10.0", true)]
    [InlineData("2.10.0a0+git123", "2.10.0", true)]
    [InlineData("2.11.0+cu128", "2.10.0", false)]
    [InlineData("2.10.1", "2.10.0", false)]
    [InlineData("1.13.0", "2.10.0", false)]
    public void OnlyTheReleaseNumbersAreCompared(string one, string other, bool same) =>
        Assert.Equal(same, LibTorchFolder.SameRelease(one, other));

    private void PutLibrary(string name) => File.WriteAllText(Path.Combine(Lib, LibTorchFolder.FileNameOf(name)), "");
}
