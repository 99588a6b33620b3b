using CsCheck;
using GenRec.Shared.Data.Importers;

namespace GenRec.Shared.Tests.Data;

public class NumpyFileTests
{
    [Fact]
    public void WhatIsWrittenIsReadBack() =>
        Gen.Select(Gen.Int[0, 5], Gen.Int[1, 70], Gen.OneOf(Enum.GetValues<NumpyType>()))
            .SelectMany(
                (rows, columns, type) =>
                    DataGen
                        .Arrays(Gen.Int[-2000, 2000], rows * columns, rows * columns)
                        .Select(values => (rows, columns, type, values))
            )
            .Sample(
                each =>
                {
                    using var folder = new TempFolder();
                    var values = Array.ConvertAll(each.values, value => value / 8f); // exact in half precision up to 256
                    var path = folder.PathOf("m.npy");
                    NumpyFile.Write(path, new EmbeddingMatrix(each.rows, each.columns, values), each.type);

                    var read = NumpyFile.Read(path, each.rows, each.columns);

                    Assert.Equal(
                        each.type == NumpyType.Float16 ? Array.ConvertAll(values, v => (float)(Half)v) : values,
                        read.Values.ToArray()
                    );
                    Assert.Equal(
                        0,
                        (new FileInfo(path).Length - values.Length * (each.type == NumpyType.Float16 ? 2 : 4)) % 64
                    );
                },
                iter: 50
            );

    [Theory]
    [InlineData("{'descr': '<i8', 'fortran_order': False, 'shape': (1, 2), }", 1, "'<i8'")]
    [InlineData("{'descr': '>f4', 'fortran_order': False, 'shape': (1, 2), }", 1, "'>f4'")]
    [InlineData("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1, 2), }", 1, "number type")]
    [InlineData("{'descr': '<f4', 'fortran_order': True, 'shape': (1, 2), }", 1, "Fortran")]
    [InlineData("{'descr': '<f4', 'fortran_order': False, 'shape': (1, 1, 2), }", 1, "3 dimensions")]
    [InlineData("{'descr': '<f4', 'fortran_order': False, 'shape': (1, 3), }", 1, "cut off")]
    [InlineData("{'descr': '<f4', 'fortran_order': False, 'shape': (1, 1), }", 1, "More bytes")]
    [InlineData("{'descr': '<f4', 'fortran_order': False, }", 1, "header cannot be read")]
    [InlineData("import os", 1, "header cannot be read")]
    [InlineData("{'descr': '<f4', 'fortran_order': False, 'shape': (1, 2), }", 9, "version 9.0")]
    public void AWrongHeaderIsExplained(string header, byte version, string message)
    {
        using var folder = new TempFolder();
        byte[] bytes =
        [
            0x93,
            .. "NUMPY"u8,
            version,
            0,
            (byte)header.Length,
            0,
            .. System.Text.Encoding.ASCII.GetBytes(header),
            .. new byte[8],
        ];
        var error = Assert.Throws<DataFormatException>(() => NumpyFile.Read(folder.WriteBytes("bad.npy", bytes)));
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void WrongShapesMissingFilesAndOtherFilesAreExplained()
    {
        using var folder = new TempFolder();
        var path = folder.PathOf("m.npy");
        NumpyFile.Write(path, new EmbeddingMatrix(2, 3, new float[6]));
        Assert.Contains("(2, 3), need (2, 4)", Message(() => NumpyFile.Read(path, 2, 4)), StringComparison.Ordinal);
        Assert.Contains(
            "(2, 3), need (7, any)",
            Message(() => NumpyFile.Read(path, rows: 7)),
            StringComparison.Ordinal
        );
        var text = folder.Write("text.npy", "this is no matrix");
        Assert.Contains("not a .npy file", Message(() => NumpyFile.Read(text)), StringComparison.Ordinal);
        Assert.Throws<FileNotFoundException>(() => NumpyFile.Read(folder.PathOf("none.npy")));
    }

    [Fact]
    public void NothingIsOverwrittenSilently()
    {
        using var folder = new TempFolder();
        var path = folder.Write("m.npy", "precious");
        Assert.Throws<IOException>(() => NumpyFile.Write(path, new EmbeddingMatrix(1, 1, [1])));
        Assert.Equal("precious", File.ReadAllText(path));
        NumpyFile.Write(path, new EmbeddingMatrix(1, 1, [1]), overwrite: true);
        Assert.Equal(1, NumpyFile.Read(path)[0][0]);
        Assert.Equal([path], Directory.GetFiles(Path.GetDirectoryName(path)!));
    }

    [Fact]
    public void RowZeroCanBeLeftOut() =>
        Assert.Equal([3, 4], new EmbeddingMatrix(2, 2, [1, 2, 3, 4]).Skip(1)[0].ToArray());

    private static string Message(Action action) => Assert.Throws<DataFormatException>(action).Message;
}
