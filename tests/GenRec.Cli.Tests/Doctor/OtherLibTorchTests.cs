using GenRec.Cli.Tests.Doors;
using GenRec.Shared.Runtime;

namespace GenRec.Cli.Tests.Doctor;

/// <summary>A libtorch of another version, given to a copy of the program that brings none of its own.</summary>
public sealed class OtherLibTorchTests : IDisposable
{
    private const string Debian = "/usr/lib/python3/dist-packages/torch/lib"; // package python3-torch
    private readonly string folder = Directory.CreateTempSubdirectory("genrec-torch-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public async Task AnInstallationOfAnotherVersionIsNamedWithBothVersions()
    {
        Assert.SkipUnless(Directory.Exists(Debian), $"There is no {Debian}; Debian's package python3-torch brings it.");
        var stated = LibTorchFolder.Open(Debian).Version!;
        Assert.SkipWhen(
            LibTorchFolder.SameRelease(stated, NativeLibraries.ExpectedVersion),
            $"It is the version that TorchSharp was built for, {stated}."
        );
        await IsToldAsync(Debian, stated);
    }

    [Fact]
    public async Task AFolderThatOnlyLooksLikeAnInstallationIsNamedWithBothVersions()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "The stand-in is a library of Linux.");
        var torch = Directory.CreateDirectory(Path.Combine(folder, "torch", "lib")).FullName;
        var any = Path.Combine(Native(AppContext.BaseDirectory), LibTorchFolder.FileNameOf("c10"));
        Assert.SkipUnless(File.Exists(any), $"There is no {any} to stand in.");
        foreach (var library in new[] { "c10", "torch_cpu", "torch" })
            File.Copy(any, Path.Combine(torch, LibTorchFolder.FileNameOf(library)));
        await File.WriteAllTextAsync(
            Path.Combine(folder, "torch", "version.py"),
            "__version__ = '1.13.0+cpu'\n",
            TestContext.Current.CancellationToken
        );
        await IsToldAsync(torch, "1.13.0+cpu");
    }

    private async Task IsToldAsync(string torch, string stated)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "The copy of the program is made for Linux.");
        var program = ProgramWithoutLibTorch();
        foreach (var command in new[] { "doctor --quick", "experiment run sasrec-bce-smoke-smoke --output run" })
        {
            using var process = GenRecProcess.StartProgram(
                "sh",
                folder,
                "-c",
                $"touch GenRec.sln; {LibTorchFolder.Variable}={torch} exec {program} {command}"
            );
            var told = await process.EndAsync();
            Assert.Equal(1, told.ExitCode); // a message, not the loader's end of the process
            Assert.All(
                [torch, $"libtorch {stated}", $"libtorch {NativeLibraries.ExpectedVersion}", "unset"],
                piece => Assert.Contains(piece, told.Out + told.Error, StringComparison.OrdinalIgnoreCase)
            );
            Assert.DoesNotContain("   at GenRec", told.Error);
            Assert.False(Directory.Exists(Path.Combine(folder, "run")), "a run that could not begin is left");
        }
    }

    // As a build with -p:TorchBackend=none: the wrapper, but no libtorch. Without deps.json all that lies there is found.
    private string ProgramWithoutLibTorch()
    {
        var copy = Directory.CreateDirectory(Path.Combine(folder, "program")).FullName;
        foreach (var file in Directory.GetFiles(AppContext.BaseDirectory))
            if (
                Path.GetExtension(file) is ".dll" or ""
                || file.EndsWith("genrec.runtimeconfig.json", StringComparison.Ordinal)
            )
                File.Copy(file, Path.Combine(copy, Path.GetFileName(file)));
        var wrapper = LibTorchFolder.FileNameOf("LibTorchSharp");
        File.Copy(
            Path.Combine(Native(AppContext.BaseDirectory), wrapper),
            Path.Combine(Directory.CreateDirectory(Native(copy)).FullName, wrapper)
        );
        return Path.Combine(copy, "genrec");
    }

    private static string Native(string folder) => Path.Combine(folder, "runtimes", "linux-x64", "native");
}
