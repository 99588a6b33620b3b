using System.Diagnostics;
using GenRec.Cli.Doctor;
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
