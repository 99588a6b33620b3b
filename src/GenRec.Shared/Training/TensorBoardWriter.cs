using System.Buffers.Binary;
using System.Numerics;
using GenRec.Shared.Display;
using Google.Protobuf;
using Tensorboard;

namespace GenRec.Shared.Training;

/// <summary>Scalars in an event file that TensorBoard reads.</summary>
/// <remarks>
/// Format: TensorFlow's TFRecord (length, masked CRC-32C of the length, data, masked CRC-32C of the data) around Event
/// messages, whose classes TorchSharp brings along. Each record goes to the operating system at once.
/// </remarks>
public sealed class TensorBoardWriter : RichObject, IDisposable
{
    private static int count;
    private readonly FileStream file;

    /// <summary>Starts a new event file.</summary>
    /// <param name="folder">Made where it does not exist; TensorBoard reads all event files in it as one run.</param>
    /// <param name="firstStep">Points of this step and later ones in older files of the folder are no longer shown.</param>
    public TensorBoardWriter(string folder, long firstStep = 0)
    {
        Directory.CreateDirectory(folder);
        var (seconds, number) = (DateTimeOffset.UtcNow.ToUnixTimeSeconds(), Interlocked.Increment(ref count));
        var name = $"events.out.tfevents.{seconds}.{Environment.MachineName}.{Environment.ProcessId}.{number}";
        file = new FileStream(Path.Combine(folder, name), FileMode.CreateNew, FileAccess.Write, FileShare.Read);
        Write(new Event { FileVersion = "brain.Event:2" });
        if (firstStep > 0)
            Write(
                new Event
                {
                    Step = firstStep,
                    SessionLog = new() { Status = SessionLog.Types.SessionStatus.Start },
                }
            );
    }

    /// <summary>Adds one point to each of some curves.</summary>
    /// <param name="step">Updates made.</param>
    /// <param name="values">Numbers by curve; a slash in a name groups curves.</param>
    public void Scalars(long step, IEnumerable<KeyValuePair<string, double>> values)
    {
        ArgumentNullException.ThrowIfNull(values);
        var summary = new Summary();
        foreach (var (name, value) in values)
            summary.Value.Add(new Summary.Types.Value { Tag = name, SimpleValue = (float)value });
        Write(new Event { Step = step, Summary = summary });
    }

    /// <inheritdoc/>
    public void Dispose() => file.Dispose();

    private void Write(Event message)
    {
        message.WallTime = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds() / 1000.0;
        var data = message.ToByteArray();
        var record = new byte[12 + data.Length + 4];
        BinaryPrimitives.WriteUInt64LittleEndian(record, (ulong)data.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(record.AsSpan(8), MaskedChecksum(record.AsSpan(0, 8)));
        data.CopyTo(record, 12);
        BinaryPrimitives.WriteUInt32LittleEndian(record.AsSpan(12 + data.Length), MaskedChecksum(data));
        file.Write(record);
        file.Flush();
    }

    // tensorflow/core/lib/hash/crc32c.h: a checksum of data that holds checksums is rotated and shifted.
    private static uint MaskedChecksum(ReadOnlySpan<byte> data)
    {
        var crc = uint.MaxValue;
        foreach (var octet in data)
            crc = BitOperations.Crc32C(crc, octet);
        crc = ~crc;
        return unchecked(((crc >> 15) | (crc << 17)) + 0xA282EAD8);
    }
}
