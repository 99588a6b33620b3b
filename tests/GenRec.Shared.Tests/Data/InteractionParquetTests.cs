#pragma warning disable xUnit1051 // each of these calls takes milliseconds
using CsCheck;
using GenRec.Shared.Data;
using GenRec.Shared.Data.Importers;
using Parquet;
using Parquet.Schema;

namespace GenRec.Shared.Tests.Data;

public class InteractionParquetTests
{
    [Fact]
    public Task WhatIsWrittenIsReadBack() =>
        DataGen
            .Timed.Where(all => all.Count > 0)
            .SampleAsync(
                async all =>
                {
                    using var folder = new TempFolder();
                    var path = folder.PathOf("all.parquet");
                    await using (var stream = File.Create(path))
                        await InteractionParquet.WriteAsync(all, stream, rowsInGroup: 3);

                    var (read, report) = await InteractionParquet.ReadAsync(path);

                    Assert.Equal(DataGen.Rows(InteractionFilters.Compact(all).Interactions), DataGen.Rows(read));
                    Assert.Equal(all.Count, report.Lines);
                },
                iter: 30
            );

    [Fact]
    public async Task NumbersTimestampsAndMissingValuesAreUnderstood()
    {
        using var folder = new TempFolder();
        var path = folder.PathOf("log.parquet");
        var (user, item) = (new DataField<int>("u"), new DataField<long>("i"));
        var (time, like) = (new DataField<DateTime>("t"), new DataField<double?>("like"));
        await using (var stream = File.Create(path))
        await using (var writer = await ParquetWriter.CreateAsync(new ParquetSchema(user, item, time, like), stream))
        {
            using var group = writer.CreateRowGroup();
            await group.WriteAsync<int>(user, new[] { 1, 1 });
            await group.WriteAsync<long>(item, new[] { 10L, 20L });
            await group.WriteAsync<DateTime>(
                time,
                new[] { DateTime.UnixEpoch.AddSeconds(90), DateTime.UnixEpoch.AddSeconds(60) }
            );
            await group.WriteAsync<double>(like, new double?[] { null, 2.5 });
        }
        var columns = new InteractionColumns
        {
            User = "u",
            Item = "i",
            Time = "t",
        };

        var (read, _) = await InteractionParquet.ReadAsync(path, columns);

        Assert.Equal(["1: 20@60/2.5 10@90/NaN"], DataGen.Rows(read));
        var error = await Assert.ThrowsAsync<DataFormatException>(() => InteractionParquet.ReadAsync(path));
        Assert.Contains("'user_id'. There are: u, i, t, like", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task BrokenRowsAndFilesAreNamed()
    {
        using var folder = new TempFolder();
        var path = folder.PathOf("log.parquet");
        var (user, item, time) = (
            new DataField<string>("user_id"),
            new DataField<string>("item_id"),
            new DataField<string>("timestamp")
        );
        await using (var stream = File.Create(path))
        await using (var writer = await ParquetWriter.CreateAsync(new ParquetSchema(user, item, time), stream))
        {
            using var group = writer.CreateRowGroup();
            await group.WriteAsync(user, ["a", "b"]);
            await group.WriteAsync(item, ["x", "y"]);
            await group.WriteAsync(time, ["5", "soon"]);
        }
        var error = await Assert.ThrowsAsync<DataFormatException>(() => InteractionParquet.ReadAsync(path));
        Assert.Equal((path, 2L), (error.File, error.Line));

        var cut = folder.WriteBytes("cut.parquet", File.ReadAllBytes(path)[..^20]);
        Assert.Equal(
            cut,
            (await Assert.ThrowsAsync<DataFormatException>(() => InteractionParquet.ReadAsync(cut))).File
        );
        var text = folder.Write("text.parquet", "no parquet here, only text");
        Assert.Equal(
            text,
            (await Assert.ThrowsAsync<DataFormatException>(() => InteractionParquet.ReadAsync(text))).File
        );
        await Assert.ThrowsAsync<FileNotFoundException>(() =>
            InteractionParquet.ReadAsync(folder.PathOf("none.parquet"))
        );
    }
}
