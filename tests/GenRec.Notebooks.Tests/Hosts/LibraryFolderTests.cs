using System.Reflection;
using System.Runtime.CompilerServices;
using GenRec.Shared.Runtime;

namespace GenRec.Notebooks.Tests.Hosts;

/// <summary>What other hosts need of the folder that notebooks reference: they load assemblies by path and read no
/// deps.json.</summary>
public sealed class LibraryFolderTests
{
    [Fact]
    public void FSharpCoreLiesWhereNoHostFindsItByItself()
    {
        Assert.False(File.Exists(Path.Combine(Folder(), "FSharp.Core.dll")));
        Assert.True(File.Exists(Path.Combine(Folder(), "fsharp", "FSharp.Core.dll")));
    }

    [Fact]
    public void WhatTheLibraryNeedsLiesBesideIt()
    {
        foreach (
            var name in new[] { "GenRec.Shared", "TorchSharp", "Microsoft.Data.Analysis", "Plotly.NET", "Parquet" }
        )
            Assert.True(File.Exists(Path.Combine(Folder(), name + ".dll")), name);
        Assert.True(File.Exists(Path.Combine(Folder(), "GenRec.Shared.xml"))); // completion shows it
    }

    [Fact]
    public void TheLibraryHelpsTorchSharpToItsNativesAsSoonAsItIsLoaded()
    {
        var prepare = typeof(NativeLibraries)
            .GetMethods(BindingFlags.NonPublic | BindingFlags.Static)
            .Where(method => method.IsDefined(typeof(ModuleInitializerAttribute)));
        Assert.Single(prepare);
        var natives = Directory.GetDirectories(
            Path.Combine(Folder(), "runtimes"),
            "native",
            SearchOption.AllDirectories
        );
        Assert.Contains(
            natives,
            folder =>
                Directory
                    .GetFiles(folder)
                    .Any(file => Path.GetFileName(file).Contains("LibTorchSharp", StringComparison.Ordinal))
        );
    }

    private static string Folder()
    {
        var own = new DirectoryInfo(AppContext.BaseDirectory); // artifacts/bin/GenRec.Notebooks.Tests/debug
        var folder = Path.Combine(own.Parent!.Parent!.FullName, "GenRec.Shared", own.Name);
        Assert.SkipUnless(
            Directory.Exists(folder),
            $"the library's own output is not at {folder}; build GenRec.Shared"
        );
        return folder;
    }
}
