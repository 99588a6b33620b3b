using GenRec.Shared.Runtime;
using TorchSharp;

namespace GenRec.Cli.Doctor;

/// <summary>libtorch: which, where, how fast, and whether it has every operator in use.</summary>
internal static class TorchChecks
{
    public static IEnumerable<Finding> All(bool quick)
    {
        TorchInfo info;
        Finding? problem = null;
        try
        {
            info = TorchInfo.Read();
        }
        catch (Exception error) when (error is IOException or NotSupportedException or TypeInitializationException)
        {
            info = null!;
            var first = (error.InnerException ?? error).Message.Split('\n')[0];
            problem = new(
                "libtorch",
                $"cannot be loaded: {first}",
                "Build again ('dotnet build'); with a PyTorch installation of your own, set "
                    + $"{LibTorchFolder.Variable} to its lib folder for the build and for every run."
            );
        }
        if (problem is not null)
        {
            yield return problem;
            yield break;
        }
        yield return new(
            "libtorch",
            $"{info.Version ?? "version unknown"} in {info.Folder ?? "a folder the system does not tell"}, "
                + $"TorchSharp expects {info.ExpectedVersion}"
                + (info.Warning is { } warning ? $". Warning: {warning}" : "")
        );
        yield return new(
            "devices",
            $"{string.Join(", ", info.Devices)}; {info.Threads} threads in an operator, {info.InteropThreads} between them"
        );
        foreach (var name in info.Devices)
        {
            yield return Speed(name, quick);
            yield return OperatorTests.InAProcess(name);
        }
    }

    private static Finding Speed(string name, bool quick)
    {
        var device = torch.device(name);
        var (size, time) = (
            device.type == DeviceType.CPU ? 1024 : 8192,
            quick ? TimeSpan.Zero : TimeSpan.FromMilliseconds(500)
        );
        if (quick)
            size /= 4;
        var speeds = new[] { torch.float32, torch.bfloat16 }.Select(type =>
            $"{type.ToString().ToLowerInvariant()} {MatrixSpeed.Measure(device, type, size, time):N0} GFLOP/s"
        );
        return new($"speed {name}", $"{string.Join(", ", speeds)} (products of {size} x {size})");
    }
}
