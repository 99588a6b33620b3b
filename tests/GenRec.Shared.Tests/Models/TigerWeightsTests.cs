using System.Diagnostics;
using System.Text.Json;
using GenRec.Shared.Models;
using GenRec.Shared.Training;
using static TorchSharp.torch;

namespace GenRec.Shared.Tests.Models;

/// <summary>A saved model says the same in PyTorch; Nn/Golden/tiger_logits.py loads it and documents the names.</summary>
[Collection(TorchGenerator.Name)]
public class TigerWeightsTests
{
    [Fact]
    public void PyTorchReadsASavedModelAndComputesItsLogits()
    {
        var python = new[] { "/usr/bin/python3", "python3" }.FirstOrDefault(HasTorch);
        Assert.SkipWhen(python is null, "No python3 with PyTorch on this machine.");
        using var scope = NewDisposeScope();
        var model = TigerTests.Model(TigerTests.Tiny with { UserTokens = 3 });
        var file = Path.Combine(Directory.CreateTempSubdirectory("genrec-").FullName, "model.safetensors");
        Safetensors.Save(file, model);
        long[][] inputs =
        [
            [1, 4, 9, 2, 5, 10],
            [12, 3, 7, 8],
        ];
        var batch = new TigerBatch(
            [.. inputs[1], .. inputs[0]],
            [new(1, 4), new(1, 6)],
            [0, 1, 5, 0, 2, 4],
            Targets: [1, 5, 8, 2, 4, 9],
            Levels: 3
        );
        var request = new
        {
            heads = model.Options.Heads,
            buckets = model.T5.Options.Buckets,
            maxDistance = model.T5.Options.MaxDistance,
            ids = new[] { (long[])[.. inputs[1], 0, 0], inputs[0] },
            lengths = new[] { 4, 6 },
            shifted = new[] { batch.Shifted[..3], batch.Shifted[3..] },
        };
        var answer = Run(python!, file, JsonSerializer.Serialize(request));
        var theirs = tensor(JsonSerializer.Deserialize<float[]>(answer)!);
        Assert.InRange((model.forward(batch).view(-1) - theirs).abs().max().item<float>(), 0, 1e-5);
        Directory.Delete(Path.GetDirectoryName(file)!, true);
    }

    private static string Run(string python, string file, string request)
    {
        var script = Path.Combine(AppContext.BaseDirectory, "Nn", "Golden", "tiger_logits.py");
        using var process = Start(python, script, file);
        process.StandardInput.Write(request);
        process.StandardInput.Close();
        var (answer, complaint) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, complaint.Result);
        return answer.Result;
    }

    private static bool HasTorch(string python)
    {
        try
        {
            using var process = Start(python, "-c", "import torch");
            process.StandardInput.Close();
            process.StandardError.ReadToEnd();
            process.WaitForExit();
            return process.ExitCode == 0;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return false;
        }
    }

    private static Process Start(string python, params string[] arguments) =>
        Process.Start(
            new ProcessStartInfo(python, arguments)
            {
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
                Environment = { ["PYTHONDONTWRITEBYTECODE"] = "1" },
            }
        )!;
}
