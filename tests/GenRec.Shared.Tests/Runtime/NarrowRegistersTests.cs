using System.Diagnostics;
using System.Runtime.Intrinsics.X86;
using GenRec.Shared.Tests.Decoding;
using GenRec.Shared.Tests.Nn;
using GenRec.Shared.Tests.SemanticIds;

namespace GenRec.Shared.Tests.Runtime;

/// <summary>What the kernels do on processors that lack what this one has: the tests of what they compute, run once more without it.</summary>
public class NarrowRegistersTests
{
    private static readonly Type[] tested =
    [
        typeof(CpuInferenceTests),
        typeof(T5LossTests),
        typeof(T5DecodingTests),
        typeof(BeamSearchTests),
        typeof(SessionSearchTests),
        typeof(RqVaeTests),
    ];

    [Fact]
    public async Task WithoutAvx512() => await PassesAsync("DOTNET_EnableAVX512", Avx512F.IsSupported);

    [Fact]
    public async Task WithoutAvx2() => await PassesAsync("DOTNET_EnableAVX2", Avx2.IsSupported);

    private static async Task PassesAsync(string feature, bool isThere)
    {
        Assert.SkipUnless(isThere, $"This processor has nothing that {feature}=0 could switch off.");
        var start = new ProcessStartInfo(Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet")
        {
            ArgumentList = { typeof(NarrowRegistersTests).Assembly.Location, "-noColor" },
            RedirectStandardOutput = true,
        };
        foreach (var type in tested)
        {
            start.ArgumentList.Add("-class");
            start.ArgumentList.Add(type.FullName!);
        }
        start.Environment[feature] = "0";
        using var child = Process.Start(start)!;
        var said = await child.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await child.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.True(child.ExitCode == 0, said);
        Assert.DoesNotContain("Total: 0,", said, StringComparison.Ordinal);
    }
}
