using System.Text.Json.Nodes;
using GenRec.Notebooks.Kernel;
using GenRec.Notebooks.Kernel.Install;
using GenRec.Notebooks.Kernel.Start;
using GenRec.Shared.Display;

namespace GenRec.Notebooks.Tests.Kernel;

public sealed class InstallTests : IDisposable
{
    private static readonly string[] Program = ["/usr/bin/dotnet", "/somewhere/genrec.dll"];

    private readonly TemporaryFolder folder = new();

    private string Kernels => Path.Combine(folder.Path, "jupyter", "kernels");

    public void Dispose() => folder.Dispose();

    [Fact]
    public void TheSpecificationIsWhatFrontEndsLookFor()
    {
        var installed = KernelInstaller.Install(Kernels, Program, force: false);
        var json = JsonNode.Parse(File.ReadAllText(Path.Combine(installed, "kernel.json")))!;
        Assert.Equal(".net-csharp", Path.GetFileName(installed));
        Assert.Equal("C#", json["language"]!.GetValue<string>());
        Assert.Equal("message", json["interrupt_mode"]!.GetValue<string>());
        Assert.Equal(
            [.. Program, "kernel", "start", "{connection_file}"],
            json["argv"]!.AsArray().Select(word => word!.GetValue<string>())
        );
        Assert.Equal(
            ["kernel.json", "logo-32x32.png", "logo-64x64.png", "logo-svg.svg", PlotlyScript.FileName],
            Directory.GetFiles(installed).Select(Path.GetFileName).Order(StringComparer.Ordinal)
        );
        Assert.True(Assert.Single(KernelFolders.Find([Kernels])).IsOurs);
    }

    [Fact]
    public void RemovingUndoesInstalling()
    {
        KernelInstaller.Install(Kernels, Program, force: false);
        KernelInstaller.Install(Kernels, Program, force: false); // again is no error
        var (removed, putBack) = KernelInstaller.Remove(Kernels);
        Assert.NotNull(removed);
        Assert.False(putBack);
        Assert.Empty(Directory.GetFileSystemEntries(Kernels));
        Assert.Null(KernelInstaller.Remove(Kernels).Removed);
    }

    [Fact]
    public void AForeignKernelIsNamedPutAsideWhenForcedAndPutBack()
    {
        var theirs = Path.Combine(Kernels, ".net-csharp");
        Directory.CreateDirectory(theirs);
        const string Json = """{ "argv": ["dotnet", "interactive", "jupyter"], "display_name": ".NET (C#)" }""";
        File.WriteAllText(Path.Combine(theirs, "kernel.json"), Json);

        var refused = Assert.Throws<KernelInTheWayException>(() => KernelInstaller.Install(Kernels, Program, false));
        Assert.Contains(".NET Interactive", refused.Message, StringComparison.Ordinal);
        Assert.Null(KernelInstaller.Remove(Kernels).Removed); // what is not ours is not removed

        KernelInstaller.Install(Kernels, Program, force: true);
        Assert.True(Assert.Single(KernelFolders.Find([Kernels])).IsOurs);
        Assert.True(KernelInstaller.Remove(Kernels).PutBack);
        Assert.Equal(Json, File.ReadAllText(Path.Combine(theirs, "kernel.json")));
        Assert.True(Assert.Single(KernelFolders.Find([Kernels])).IsDotNetInteractive);
    }

    [Fact]
    public void ACopyIsMadeOnceForEachBuildAndLinksSubfolders()
    {
        var program = Path.Combine(folder.Path, "bin", "program");
        Directory.CreateDirectory(Path.Combine(program, "runtimes"));
        File.WriteAllText(Path.Combine(program, "a.dll"), "one");
        File.WriteAllText(Path.Combine(program, "runtimes", "native.so"), "large");
        var first = ShadowCopy.Prepare(program);
        Assert.Equal("one", File.ReadAllText(Path.Combine(first, "a.dll")));
        Assert.Equal("large", File.ReadAllText(Path.Combine(first, "runtimes", "native.so")));
        Assert.Equal(first, ShadowCopy.Prepare(program));

        File.WriteAllText(Path.Combine(program, "a.dll"), "another");
        using (ShadowCopy.Use(first))
        {
            Directory.SetLastWriteTimeUtc(first, DateTime.UtcNow.AddDays(-2));
            var second = ShadowCopy.Prepare(program);
            Assert.NotEqual(first, second);
            Assert.Equal("another", File.ReadAllText(Path.Combine(second, "a.dll")));
            Assert.Equal("one", File.ReadAllText(Path.Combine(first, "a.dll"))); // it is in use
        }
        Directory.SetLastWriteTimeUtc(first, DateTime.UtcNow.AddDays(-2));
        ShadowCopy.Prepare(program);
        Assert.False(Directory.Exists(first));
        Assert.True(File.Exists(Path.Combine(program, "runtimes", "native.so"))); // the link went, not what it leads to
    }

    [Theory]
    [InlineData("", 0, 0)]
    [InlineData("abc", 2, 2)]
    [InlineData("a😀b", 2, 3)]
    [InlineData("😀😀", 2, 4)]
    [InlineData("ab", 99, 2)]
    public void CodePointsAndUnitsAreConverted(string text, int points, int units)
    {
        Assert.Equal(units, CodePoints.ToUnits(text, points));
        Assert.Equal(Math.Min(points, text.EnumerateRunes().Count()), CodePoints.FromUnits(text, units));
    }
}
