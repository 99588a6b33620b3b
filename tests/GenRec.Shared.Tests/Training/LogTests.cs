using System.Buffers.Binary;
using GenRec.Shared.Training;
using Google.Protobuf;
using Tensorboard;

namespace GenRec.Shared.Tests.Training;

public sealed class LogTests : IDisposable
{
    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("genrec-logs-");

    private string Metrics => Path.Combine(folder.FullName, MetricsLog.FileName);

    public void Dispose() => folder.Delete(recursive: true);

    [Fact]
    public void RowsComeBackAndACutLastLineIsLeftOut()
    {
        using (var log = new MetricsLog(Metrics, 0))
            for (var step = 1; step <= 3; step++)
                log.Append(Row(step));
        File.AppendAllText(Metrics, """{"step":4,"epoch":0.4,"ki""");
        Assert.Equal([1, 2, 3], MetricsLog.Read(Metrics).Select(row => row.Step));
        Assert.Equal(0.3, MetricsLog.Read(Metrics)[2].Values["loss"], 1e-12);
    }

    [Fact]
    public void AResumedLogLosesTheRowsAfterItsCheckpoint()
    {
        using (var log = new MetricsLog(Metrics, 0))
            for (var step = 1; step <= 5; step++)
                log.Append(Row(step));
        File.AppendAllText(Metrics, """{"step":2,"ep""");
        using (var log = new MetricsLog(Metrics, 3))
            log.Append(Row(4));
        Assert.Equal([1, 2, 3, 4], MetricsLog.Read(Metrics).Select(row => row.Step));
    }

    [Fact]
    public void ABrokenLineInTheMiddleIsNamed()
    {
        File.WriteAllText(Metrics, "{\"step\":1,\"epoch\":0,\"kind\":\"train\"}\nnonsense\n{}\n");
        Assert.Contains(":2 ", Assert.Throws<InvalidDataException>(() => MetricsLog.Read(Metrics)).Message);
    }

    [Fact]
    public void WhatIsNotFiniteIsNullInTheFileAndNaNInMemory()
    {
        using (var log = new MetricsLog(Metrics, 0))
            log.Append(
                new MetricsRow(1, 0, "train", new Dictionary<string, double> { ["x"] = double.PositiveInfinity })
            );
        Assert.Equal(double.NaN, MetricsLog.Read(Metrics)[0].Values["x"]);
    }

    [Fact]
    public void EventFilesAreRecordsWithChecksumsAroundEvents()
    {
        using (var writer = new TensorBoardWriter(folder.FullName, firstStep: 6))
            writer.Scalars(7, new Dictionary<string, double> { ["train/loss"] = 0.25, ["train/rate"] = 1e-3 });
        var events = ReadEvents(folder.EnumerateFiles("events.out.tfevents.*").Single().FullName);
        Assert.Equal("brain.Event:2", events[0].FileVersion);
        Assert.Equal((6, SessionLog.Types.SessionStatus.Start), (events[1].Step, events[1].SessionLog.Status));
        Assert.Equal(7, events[2].Step);
        Assert.Equal(
            [("train/loss", 0.25f), ("train/rate", 1e-3f)],
            events[2].Summary.Value.Select(v => (v.Tag, v.SimpleValue))
        );
    }

    private static MetricsRow Row(int step) =>
        new(step, step / 10.0, "train", new Dictionary<string, double> { ["loss"] = step / 10.0 });

    private static List<Event> ReadEvents(string path)
    {
        var (bytes, at, events) = (File.ReadAllBytes(path), 0, new List<Event>());
        while (at < bytes.Length)
        {
            var length = (int)BinaryPrimitives.ReadUInt64LittleEndian(bytes.AsSpan(at));
            Assert.Equal(Mask(bytes.AsSpan(at, 8)), BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(at + 8)));
            var data = bytes.AsSpan(at + 12, length);
            Assert.Equal(Mask(data), BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(at + 12 + length)));
            events.Add(Event.Parser.ParseFrom(new CodedInputStream(data.ToArray())));
            at += length + 16;
        }
        return events;
    }

    // CRC-32C bit by bit (Castagnoli's polynomial, reflected), then TensorFlow's mask.
    private static uint Mask(ReadOnlySpan<byte> data)
    {
        var crc = uint.MaxValue;
        foreach (var octet in data)
        {
            crc ^= octet;
            for (var bit = 0; bit < 8; bit++)
                crc = (crc & 1) != 0 ? crc >> 1 ^ 0x82F63B78 : crc >> 1;
        }
        crc = ~crc;
        return unchecked((crc >> 15 | crc << 17) + 0xA282EAD8);
    }
}
