using System.Reflection;

namespace GenRec.Shared.Tests.NativeLoading;

public sealed class LibStdCxxRequirementTests : IDisposable
{
    private const string Marker = "_ZSt21ios_base_library_initv";
    private readonly string folder = Directory.CreateTempSubdirectory("genrec-libstdcxx-").FullName;

    private static string PackageLibrary { get; } =
        Path.Combine(
            typeof(LibStdCxxRequirementTests)
                .Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
                .First(metadata => metadata.Key == "TorchSharpPackage")
                .Value!,
            "runtimes/linux-x64/native/libLibTorchSharp.so"
        );

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public void ExactlyOneSymbolIsLoosenedAndASecondPassDoesNothing()
    {
        var original = File.ReadAllBytes(PackageLibrary);
        var image = (byte[])original.Clone();

        Assert.Equal([Marker], LibStdCxxRequirement.Loosen(image));

        var changed = Enumerable.Range(0, image.Length).Where(i => image[i] != original[i]).ToArray();
        Assert.InRange(changed.Length, 3, 1 + 2 + Marker.Length); // need's flag, symbol's version, the name's bytes
        var once = (byte[])image.Clone();
        Assert.Empty(LibStdCxxRequirement.Loosen(image));
        Assert.Equal(once, image);
    }

    [Fact]
    public void FilesThatAreNoLibraryAreNamedSo()
    {
        var text = new byte[4096];
        "#!/bin/sh"u8.CopyTo(text);
        Assert.Contains(
            "Not a 64-bit",
            Assert.Throws<InvalidDataException>(() => LibStdCxxRequirement.Loosen(text)).Message
        );
        Assert.Contains(
            "Not a 64-bit",
            Assert.Throws<InvalidDataException>(() => LibStdCxxRequirement.Loosen([])).Message
        );
    }

    [Theory]
    [InlineData(0.0001)]
    [InlineData(0.01)]
    [InlineData(0.5)]
    [InlineData(0.999)]
    public void ATruncatedLibraryIsRefusedAndLeftAlone(double kept)
    {
        var original = File.ReadAllBytes(PackageLibrary);
        var path = Path.Combine(folder, "cut.so");
        var cut = original[..(int)(original.Length * kept)];
        File.WriteAllBytes(path, cut);
        var old = LibStdCxxOf("an older one");

        var error = Assert.Throws<InvalidDataException>(() => LibStdCxxRequirement.LoosenFileFor(old, path));

        Assert.Contains("cut off", error.Message);
        Assert.Equal(cut, File.ReadAllBytes(path));
        Assert.Equal(2, Directory.GetFiles(folder).Length); // no half-written copy beside it
    }

    [Fact]
    public void AHostThatOffersTheVersionKeepsTheLibraryAsItIs()
    {
        var copy = CopyOfPackageLibrary();
        Assert.False(LibStdCxxRequirement.LoosenFileFor(LibStdCxxOf(LibStdCxxRequirement.Version), copy));
        Assert.False(LibStdCxxRequirement.LoosenFileFor(null, copy)); // not found: not judged
        Assert.Equal(File.ReadAllBytes(PackageLibrary), File.ReadAllBytes(copy));
    }

    [Fact]
    public void AnOlderHostGetsALoosenedCopyWithTheSameTimeAndSize()
    {
        var copy = CopyOfPackageLibrary();
        var old = LibStdCxxOf("GLIBCXX_3.4.30");
        var before = new FileInfo(copy);
        var (time, size) = (before.LastWriteTimeUtc, before.Length);

        Assert.True(LibStdCxxRequirement.LoosenFileFor(old, copy));
        Assert.False(LibStdCxxRequirement.LoosenFileFor(old, copy));

        var after = new FileInfo(copy);
        Assert.Equal((time, size), (after.LastWriteTimeUtc, after.Length)); // an incremental build sees no change
        Assert.NotEqual(File.ReadAllBytes(PackageLibrary), File.ReadAllBytes(copy));
    }

    [Fact]
    public void TheBuildLoosenedTheLibraryThatTheseTestsRunOn()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "The step belongs to Linux.");
        Assert.SkipWhen(
            LibStdCxxRequirement.IsOfferedBy(LibStdCxxRequirement.HostLibrary()),
            "This host's libstdc++ offers the version; run on Debian 12 or Ubuntu 22.04 to see the step at work."
        );
        var ours = Path.Combine(AppContext.BaseDirectory, "runtimes/linux-x64/native/libLibTorchSharp.so");
        Assert.Empty(LibStdCxxRequirement.Loosen(File.ReadAllBytes(ours)));
    }

    private string CopyOfPackageLibrary()
    {
        var copy = Path.Combine(folder, "libLibTorchSharp.so");
        File.Copy(PackageLibrary, copy);
        return copy;
    }

    private string LibStdCxxOf(string version)
    {
        var path = Path.Combine(folder, "libstdc++.so.6");
        File.WriteAllText(path, $"\0{version}\0");
        return path;
    }
}
