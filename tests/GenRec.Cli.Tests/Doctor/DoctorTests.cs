using System.Diagnostics;
using System.Text.RegularExpressions;
using GenRec.Cli.Doctor;
using GenRec.Shared.Data;
using TorchSharp;

namespace GenRec.Cli.Tests.Doctor;

public class DoctorTests
{
    [Fact]
    public async Task DoctorTellsOfEverythingItLooksAt()
    {
        var told = await Shell.RunAsync("doctor", "--quick");
        foreach (
            var about in new[]
            {
                "SDK",
                "libtorch",
                "devices",
                "speed cpu",
                "operators cpu",
                "data",
                "kernel",
                "pictures",
                "disk",
            }
        )
            Assert.Matches($"(?m)^(ok  |TO DO) {about} ", told.Out);
        Assert.Contains("GFLOP/s", told.Out);
        // Either nothing to do and 0, or a numbered list and 1.
        Assert.Equal(told.Out.Contains("TO DO", StringComparison.Ordinal) ? 1 : 0, told.ExitCode);
        Assert.Equal(told.ExitCode == 1, told.Out.Contains("\n1. ", StringComparison.Ordinal));
    }

    [Fact]
    public void EveryOperatorInUseWorksOnTheCpu() =>
        Assert.All(OperatorTest.All, test => Assert.Null(test.Failure(torch.CPU)));

    /// <summary>The list is written by hand; the library's source says whether it is complete.</summary>
    [Fact]
    public void EveryOperatorThatTheLibraryCallsIsTried()
    {
        Assert.SkipUnless(DataFolders.Repository is not null, "The source is needed: run the tests inside a checkout.");
        var source = Path.Combine(DataFolders.Repository!, "src");
        var tried = Words(File.ReadAllText(Path.Combine(source, "GenRec.Cli", "Doctor", "OperatorTest.cs")));
        string[] noOperators = // they look at a tensor, move it, or set a mode
        [
            "alias",
            "clip", // a function of a script of the library's own
            "cpu",
            "data",
            "dim",
            "element_size",
            "item",
            "manual_seed",
            "no_grad",
            "numel",
            "to",
            "tensor",
            "get_num_threads",
            "get_rng_state",
            "set_rng_state",
            "set_num_threads",
            "get_num_interop_threads",
            "mps_is_available",
            "is_complex",
            "is_contiguous",
            "is_grad_enabled",
            "is_floating_point",
            "t",
        ];
        Type[] torchs = [typeof(torch.Tensor), typeof(torch), typeof(torch.nn.functional), typeof(torch.nn.init)];
        var known = torchs.SelectMany(type => type.GetMethods()).Select(method => method.Name).ToHashSet();
        var called = Directory
            .EnumerateFiles(Path.Combine(source, "GenRec.Shared"), "*.cs", SearchOption.AllDirectories)
            .Select(File.ReadAllText)
            .Where(text => text.Contains("TorchSharp", StringComparison.Ordinal))
            .SelectMany(text => Regex.Matches(Regex.Replace(text, "//.*", ""), @"\b([a-z][a-z_0-9]*)(?:<[a-z]+>)?\("))
            .Select(call => call.Groups[1].Value)
            .Where(known.Contains)
            .ToHashSet();
        Assert.Contains("matmul", called); // the search finds something
        var missing = called.Except(noOperators).Where(name => !tried.Contains(name)).Order().ToArray();
        Assert.True(missing.Length == 0, $"OperatorTest tries none of: {string.Join(", ", missing)}");

        static HashSet<string> Words(string text) => [.. Regex.Matches(text, "[a-z_0-9]+").Select(word => word.Value)];
    }

    [Fact]
    public void AWrongOperatorIsFound()
    {
        var calls = 0;
        var wrong = new OperatorTest("wrong", _ => torch.full([2], ++calls, dtype: torch.float32));
        Assert.Contains("differs", wrong.Failure(torch.CPU));
        var thrown = new OperatorTest("thrown", _ => throw new InvalidOperationException("no such kernel\nmore"));
        Assert.Equal("no such kernel", thrown.Failure(torch.CPU));
    }

    [Fact]
    public void AFolderWithoutLibTorchIsAClearErrorAndNotASecondLibTorch()
    {
        var empty = Directory.CreateTempSubdirectory("genrec-no-libtorch-").FullName;
        var start = new ProcessStartInfo(
            "dotnet",
            [Path.Combine(AppContext.BaseDirectory, "genrec.dll"), OperatorTests.Command, "cpu"]
        )
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["GENREC_LIBTORCH"] = empty;
        using var process = Process.Start(start)!;
        var error = process.StandardError.ReadToEnd();
        process.WaitForExit();
        Directory.Delete(empty);
        Assert.Equal(2, process.ExitCode);
        Assert.StartsWith("error: GENREC_LIBTORCH", error, StringComparison.Ordinal);
        Assert.Contains(empty, error);
    }
}
