using System.ComponentModel.DataAnnotations;
using GenRec.Shared.Runtime;
using TorchSharp;
using static TorchSharp.torch;

namespace GenRec.Shared.Tests.Runtime;

[Collection(TorchGenerator.Name)]
public sealed class ComputeTests
{
    [Fact]
    public void TheDeviceAskedForIsTheDeviceGiven()
    {
        Assert.Equal(DeviceType.CPU, Compute.ChooseDevice("cpu").type);
        Assert.Equal(cuda.is_available() ? DeviceType.CUDA : DeviceType.CPU, Compute.ChooseDevice("auto").type);
    }

    [Theory]
    [InlineData("tpu")]
    [InlineData("cuda:x")]
    [InlineData("cuda:-1")]
    [InlineData("cudas")]
    public void AnUnknownDeviceIsRefusedByName(string name) =>
        Assert.Contains(name, Assert.Throws<ArgumentException>(() => Compute.ChooseDevice(name)).Message);

    [Fact]
    public void ADeviceThatIsNotThereIsRefusedWithWhatToDo() =>
        Assert.Contains(
            "TorchBackend",
            Assert.Throws<InvalidOperationException>(() => Compute.ChooseDevice("cuda:77")).Message
        );

    [Fact]
    public void SeedingRepeatsTorchsNumbers()
    {
        using var scope = NewDisposeScope();
        Compute.Seed(3);
        var first = rand(8);
        Compute.Seed(3);
        Assert.True(allclose(first, rand(8), rtol: 0, atol: 0));
    }

    [Fact]
    public void DerivedSeedsDiffer()
    {
        var seeds = from seed in Enumerable.Range(-5, 10) from index in Enumerable.Range(0, 100) select (seed, index);
        Assert.Equal(1000, seeds.Select(p => Compute.DeriveSeed(p.seed, p.index)).Distinct().Count(s => s >= 0));
    }

    [Fact]
    public void AllocatorSettingsHoldOnGlibc()
    {
        Assert.Equal(MallocTuning.Apply(), MallocTuning.Apply());
        Assert.SkipUnless(File.Exists("/lib64/ld-linux-x86-64.so.2"), "needs Linux with glibc");
        Assert.SkipUnless(Environment.GetEnvironmentVariable(MallocTuning.OptOutVariable) is null, "opted out");
        Assert.True(MallocTuning.Apply());
    }

    [Fact]
    public void BFloat16ProductsAreCloseAndKeepFloat32GradientsAndResults()
    {
        using var scope = NewDisposeScope();
        Compute.Seed(1);
        var (x, bias) = (randn(64, 32), randn(16));
        var weight = randn(16, 32).requires_grad_();
        var exact = Products.Linear(x, weight, bias, Precision.Float32);
        var rounded = Products.Linear(x, weight, bias, Precision.BFloat16);
        Assert.Equal(ScalarType.Float32, rounded.dtype);
        var relative = ((exact - rounded).norm() / exact.norm()).item<float>();
        Assert.InRange(relative, 1e-5f, 1e-2f); // rounded, but not by much
        rounded.sum().backward();
        Assert.Equal(ScalarType.Float32, weight.grad!.dtype);
        Assert.Equal(Precision.Float32, Products.WherePays(Precision.Float32, CPU));
    }

    [Fact]
    public void OptionsOutOfRangeAreNamedWithValueAndRange()
    {
        OptionRanges.Check(new Outer());
        var error = Assert.Throws<ArgumentOutOfRangeException>(() => OptionRanges.Check(new Outer { Width = 9 }));
        Assert.Contains("Outer.Width is 9; it must be 1 to 8", error.Message);
        error = Assert.Throws<ArgumentOutOfRangeException>(() =>
            OptionRanges.Check(new Outer { Inner = new Inner { Rate = double.NaN } })
        );
        Assert.Contains("Inner.Rate is NaN", error.Message);
    }

    [Fact]
    public void AWriteThatFailsLeavesTheOldFile()
    {
        var folder = Directory.CreateTempSubdirectory("genrec-atomic-");
        try
        {
            var path = Path.Combine(folder.FullName, "a.txt");
            AtomicFile.Write(path, stream => stream.Write("old"u8));
            Assert.Throws<IOException>(() =>
                AtomicFile.Write(
                    path,
                    stream =>
                    {
                        stream.Write("new"u8);
                        throw new IOException("No space left on device");
                    }
                )
            );
            Assert.Equal("old", File.ReadAllText(path));
            Assert.Single(folder.EnumerateFileSystemInfos());
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private sealed record Outer
    {
        [Range(1, 8)]
        public int Width { get; init; } = 4;
        public Inner Inner { get; init; } = new();
    }

    private sealed record Inner
    {
        [Range(0.0, 1.0)]
        public double Rate { get; init; } = 0.5;
    }
}
