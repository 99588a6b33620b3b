using System.Buffers.Binary;
using System.Text;
using GenRec.Shared.Training;
using static TorchSharp.torch;

namespace GenRec.Shared.Tests.Training;

public sealed class SafetensorsTests : IDisposable
{
    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("genrec-safetensors-");

    private string Path => System.IO.Path.Combine(folder.FullName, "a.safetensors");

    public void Dispose() => folder.Delete(recursive: true);

    [Fact]
    public void EveryTypeAndShapeComesBackBitForBit()
    {
        using var scope = NewDisposeScope();
        var tensors = new Dictionary<string, Tensor>
        {
            ["f64"] = randn(3, dtype: ScalarType.Float64),
            ["f32"] = randn(2, 3, 4),
            ["strided"] = randn(4, 3).t(),
            ["scalar"] = tensor(2.5f),
            ["empty"] = empty(0, 4),
            ["f16"] = randn(5).to(ScalarType.Float16),
            ["bf16"] = randn(7).to(ScalarType.BFloat16),
            ["i64"] = tensor(new[] { long.MinValue, 0L, long.MaxValue }),
            ["i32"] = tensor(new[] { 1, -2 }),
            ["u8"] = tensor(new byte[] { 0, 255 }),
            ["bool"] = tensor(new[] { true, false, true }),
            ["ünï \"quoted\""] = ones(1),
        };
        Safetensors.Save(Path, tensors, new Dictionary<string, string> { ["source"] = "test" });
        var read = Safetensors.Load(Path);
        Assert.Equal(tensors.Keys.Order(), read.Keys.Order());
        foreach (var (name, expected) in tensors)
        {
            Assert.Equal(expected.dtype, read[name].dtype);
            Assert.Equal(expected.shape, read[name].shape);
            Assert.Equal(expected.contiguous().bytes.ToArray(), read[name].bytes.ToArray());
        }
        var header = Safetensors.ReadHeader(Path);
        Assert.Equal("test", header.Metadata["source"]);
        Assert.Equal(0, header.DataStart % 8);
    }

    [Fact]
    public void AFileWrittenByHandAfterTheSpecificationIsRead()
    {
        using var scope = NewDisposeScope();
        var data = new byte[12];
        BinaryPrimitives.WriteSingleLittleEndian(data, 1.5f);
        BinaryPrimitives.WriteSingleLittleEndian(data.AsSpan(4), -2f);
        BinaryPrimitives.WriteInt32LittleEndian(data.AsSpan(8), 7);
        WriteFile(
            """{"b":{"dtype":"I32","shape":[],"data_offsets":[8,12]},"a":{"dtype":"F32","shape":[2,1],"data_offsets":[0,8]}}""",
            data
        );
        var read = Safetensors.Load(Path);
        Assert.Equal([1.5f, -2f], read["a"].data<float>().ToArray());
        Assert.Equal([2L, 1L], read["a"].shape);
        Assert.Equal(7, read["b"].item<int>());
    }

    [Theory]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}""", 7, "cut short")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}""", 9, "follow the last tensor")]
    [InlineData("""{"a":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}}""", 8, "takes 12 bytes")]
    [InlineData("""{"a":{"dtype":"F33","shape":[2],"data_offsets":[0,8]}}""", 8, "unknown type 'F33'")]
    [InlineData("""{"a":{"dtype":"U8","shape":[-8],"data_offsets":[0,8]}}""", 8, "shape [-8]")]
    [InlineData("""{"a":{"dtype":"U8","shape":[8],"data_offsets":[8,0]}}""", 8, "offsets [8, 0]")]
    [InlineData("""{"a":{"dtype":"U8","shape":[8],"data_offsets":[-8,0]}}""", 8, "offsets [-8, 0]")]
    [InlineData("""{"a":{"dtype":"U8","shape":[4],"data_offsets":[4,8]}}""", 8, "gap")]
    [InlineData("""{"a":{"dtype":"F32","shape":[4611686018427387904,4],"data_offsets":[0,8]}}""", 8, "cannot be read")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2]}}""", 8, "cannot be read")]
    [InlineData("""{"a":{"dtype":"F32","shape":["x"],"data_offsets":[0,8]}}""", 8, "cannot be read")]
    [InlineData("""{"__metadata__":{"k":1}}""", 0, "metadata 'k'")]
    [InlineData("""[1]""", 0, "does not begin")]
    [InlineData("""{"a":""", 0, "no JSON")]
    [InlineData(
        """{"a":{"dtype":"U8","shape":[6],"data_offsets":[0,6]},"b":{"dtype":"U8","shape":[6],"data_offsets":[2,8]}}""",
        8,
        "overlaps"
    )]
    [InlineData(
        """{"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},"a":{"dtype":"U8","shape":[4],"data_offsets":[4,8]}}""",
        8,
        "no JSON"
    )]
    public void ABrokenHeaderIsRefusedAndSaysWhy(string json, int dataBytes, string why)
    {
        WriteFile(json, new byte[dataBytes]);
        var error = Assert.Throws<InvalidDataException>(() => Safetensors.ReadHeader(Path));
        Assert.Contains(why, error.Message);
        Assert.Contains(Path, error.Message);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(7)]
    [InlineData(8)]
    [InlineData(40)]
    public void AFileCutAnywhereIsRefused(int length)
    {
        using var scope = NewDisposeScope();
        Safetensors.Save(Path, new Dictionary<string, Tensor> { ["a"] = ones(4) });
        using (var file = File.OpenWrite(Path))
            file.SetLength(length);
        Assert.Throws<InvalidDataException>(() => Safetensors.Load(Path));
    }

    [Fact]
    public void AHeaderThatClaimsToBeHugeIsRefused()
    {
        File.WriteAllBytes(Path, [255, 255, 255, 255, 255, 255, 255, 127, (byte)'{']);
        Assert.Contains("at most", Assert.Throws<InvalidDataException>(() => Safetensors.ReadHeader(Path)).Message);
    }

    [Fact]
    public void AnotherModelIsRefusedNamingBothSidesAndNothingIsWritten()
    {
        using var scope = NewDisposeScope();
        Safetensors.Save(
            Path,
            new Dictionary<string, Tensor>
            {
                ["a"] = ones(2),
                ["b"] = ones(2, 3),
                ["old"] = ones(1),
            }
        );
        var targets = new Dictionary<string, Tensor>
        {
            ["a"] = zeros(2),
            ["b"] = zeros(3, 2),
            ["new"] = zeros(1),
        };
        var message = Assert.Throws<InvalidDataException>(() => Safetensors.LoadInto(Path, targets)).Message;
        Assert.Contains("'b' is Float32 [2, 3] in the file, Float32 [3, 2] in the model", message);
        Assert.Contains("'new' is in the model, not in the file", message);
        Assert.Contains("'old' is in the file, not in the model", message);
        Assert.Equal(0, targets["a"].sum().item<float>());
    }

    [Fact]
    public void TheSameTensorsGiveTheSameBytesInAnyOrder()
    {
        using var scope = NewDisposeScope();
        var (a, b) = (ones(2), ones(3, dtype: ScalarType.Int64));
        Safetensors.Save(Path, new Dictionary<string, Tensor> { ["a"] = a, ["b"] = b });
        var first = File.ReadAllBytes(Path);
        Safetensors.Save(Path, new Dictionary<string, Tensor> { ["b"] = b, ["a"] = a });
        Assert.Equal(first, File.ReadAllBytes(Path));
    }

    private void WriteFile(string json, byte[] data)
    {
        var header = Encoding.UTF8.GetBytes(json);
        var length = new byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(length, header.Length);
        File.WriteAllBytes(Path, [.. length, .. header, .. data]);
    }
}
