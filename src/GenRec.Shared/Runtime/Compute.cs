using TorchSharp;
using static TorchSharp.torch;

namespace GenRec.Shared.Runtime;

/// <summary>Chooses the device, the number of threads and the seed that tensor code runs with.</summary>
public static class Compute
{
    /// <summary>Environment variable that names the device: auto, cpu, cuda, cuda:N or mps.</summary>
    public const string DeviceVariable = "GENREC_DEVICE";

    /// <summary>Environment variable that names the number of threads for tensor operators.</summary>
    public const string ThreadsVariable = "GENREC_THREADS";

    /// <summary>The device to compute on.</summary>
    /// <param name="request">
    /// "auto" takes CUDA where there is one, else the CPU; "cpu", "cuda", "cuda:1" and "mps" ask for one. Null reads
    /// <see cref="DeviceVariable"/>, and is "auto" where that is not set. Apple's "mps" is used on request only.
    /// </param>
    /// <exception cref="ArgumentException">The name is not a device's.</exception>
    /// <exception cref="InvalidOperationException">The device asked for is not there.</exception>
    public static Device ChooseDevice(string? request = null)
    {
        MallocTuning.Apply();
        var name = (request ?? Environment.GetEnvironmentVariable(DeviceVariable) ?? "auto").Trim().ToLowerInvariant();
        if (name is "auto" or "")
            return cuda.is_available() ? CUDA : CPU;
        if (name == "cpu")
            return CPU;
        if (name == "mps")
            return mps_is_available()
                ? MPS
                : throw new InvalidOperationException("Device 'mps' was asked for, but this is no Mac with Metal.");
        if (name != "cuda" && !name.StartsWith("cuda:", StringComparison.Ordinal))
            throw new ArgumentException($"'{name}' is no device; use auto, cpu, cuda, cuda:N or mps.", nameof(request));
        var index = 0;
        if (name != "cuda" && (!int.TryParse(name.AsSpan(5), out index) || index < 0))
            throw new ArgumentException($"'{name}' is no device; use cuda:0, cuda:1 and so on.", nameof(request));
        var count = cuda.is_available() ? cuda.device_count() : 0;
        if (index >= count)
            throw new InvalidOperationException(
                $"Device '{name}' was asked for, but torch sees {count} CUDA devices. "
                    + "Build with -p:TorchBackend=cuda, or ask for 'cpu' or 'auto'."
            );
        return new Device(DeviceType.CUDA, index);
    }

    /// <summary>Sets the number of threads for tensor operators; call before the first operator.</summary>
    /// <param name="threads">At least 1; null reads <see cref="ThreadsVariable"/> and leaves torch's own choice without it.</param>
    /// <returns>The number in force.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The number is below 1.</exception>
    /// <exception cref="FormatException">The environment variable holds no number.</exception>
    public static int UseThreads(int? threads = null)
    {
        MallocTuning.Apply();
        if (threads is null && Environment.GetEnvironmentVariable(ThreadsVariable) is { Length: > 0 } text)
            threads = int.TryParse(text, out var parsed)
                ? parsed
                : throw new FormatException($"{ThreadsVariable} is '{text}', need a number of threads.");
        if (threads is { } count)
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(count, 1, nameof(threads));
            set_num_threads(count);
        }
        return get_num_threads();
    }

    /// <summary>Seeds torch's generators on all devices, so that weights made next are the same on every run.</summary>
    public static void Seed(long seed) => manual_seed(seed).Dispose();

    /// <summary>A seed that is unrelated for every pair of seed and index.</summary>
    /// <returns>At least 0.</returns>
    public static long DeriveSeed(long seed, long index) =>
        (long)(new CounterRandom((ulong)seed).At((ulong)index, ulong.MaxValue).UInt64 >> 1);
}
