using GenRec.Shared.Runtime;
using TorchSharp;

namespace GenRec.Shared.Tests.NativeLoading;

public class TorchInfoTests
{
    [Fact]
    public void TheLoadedLibTorchIsTheOneThatTorchSharpWasBuiltFor()
    {
        var info = TorchInfo.Read();
        Assert.True(LibTorchFolder.SameRelease(torch.__version__, info.ExpectedVersion), torch.__version__);
        Assert.NotNull(info.Version);
        Assert.True(LibTorchFolder.SameRelease(info.Version, info.ExpectedVersion), info.Version);
        Assert.True(Directory.Exists(info.Folder));
        Assert.Equal("cpu", info.Devices[0]);
        Assert.InRange(info.Threads, 1, 4096);
    }
}
