using System.Diagnostics;
using System.Globalization;
using GenRec.Shared.Data;
using GenRec.Shared.Data.Worlds;
using GenRec.Shared.Experiments;
using GenRec.Shared.Experiments.Records;
using GenRec.Shared.Runtime;

namespace GenRec.Cli.Experiments;

/// <summary>What a run needs, looked at before it begins: data, device, memory, disk.</summary>
internal static class RunNeeds
{
    private const double Gibi = 1 << 30;
    private const double LeastGibi = 1;

    /// <summary>Refuses what cannot work, and describes what a long run will use.</summary>
    /// <param name="experiment">What is to be run.</param>
    /// <param name="request">What the user asked for; its device, null for the usual one, and its options count.</param>
    /// <param name="root">A folder on the disk that runs are kept on; it need not exist.</param>
    /// <param name="records">What was recorded before, to tell how long it took.</param>
    /// <returns>Lines to print; none for a short run.</returns>
    /// <exception cref="UserError">The device is not there, or memory or disk are nearly full.</exception>
    /// <exception cref="DirectoryNotFoundException">The data set is not on this machine; the message says what to do.</exception>
    public static IReadOnlyList<string> Check(
        IExperiment experiment,
        ExperimentRequest request,
        string root,
        IReadOnlyList<ResultRecord> records
    )
    {
        var set = CheckData(experiment);
        var chosen = Device(request.Device);
        if (experiment.Scale is not ("paper" or "longer" or "large"))
            return [];
        var (memory, disk) = (AvailableMemory() / Gibi, FreeDisk(root) / Gibi);
        if (memory < LeastGibi)
            throw new UserError(
                $"Only {memory:F1} GiB of memory are free; a run of this size needs more. Close something."
            );
        if (disk < LeastGibi)
            throw new UserError(
                $"Only {disk:F1} GiB are free on the disk of {root}; checkpoints need more. Free some, or name another --output."
            );
        var data = set is null
            ? experiment.Dataset
            : $"{set.Name} ({set.Users:N0} users, {set.Items:N0} items, {set.Interactions:N0} events), found";
        var gpu = FreeGpuMemory(chosen);
        return
        [
            $"needs: data {data}; device {chosen}; {memory:F1} GiB of memory and {disk:F0} GiB of disk are free"
                + (gpu is null ? "" : $", and {gpu / Gibi:F1} GiB of the GPU"),
            .. Sizes(experiment, set) is { } sizes
                ? Memory(experiment.OptionsOf(request), sizes, chosen, gpu ?? AvailableMemory())
                : [],
            .. Before(experiment, records),
            "The first minute will tell how long it takes here.",
        ];
    }

    /// <summary>Tells the memory a run needs, and refuses where not half of it is there.</summary>
    /// <remarks>The estimate is an upper end, so that a run with less than it is warned of and not refused.</remarks>
    /// <param name="options">A preset.</param>
    /// <param name="data">Items and events of its data set.</param>
    /// <param name="device">Where it computes.</param>
    /// <param name="free">What is free there, in bytes.</param>
    internal static IEnumerable<string> Memory(
        object options,
        (long Items, long Interactions) data,
        string device,
        long free
    )
    {
        if (MemoryEstimate.Of(options, data.Items, data.Interactions) is not { } estimate)
            yield break;
        var isCpu = device == "cpu";
        var need = isCpu ? estimate.OnCpu : estimate.OnDevice;
        var place = isCpu ? "memory" : "GPU memory";
        if (free < need / 2)
            throw new UserError(
                $"The run needs up to {need / Gibi:F1} GiB of {place}, and {free / Gibi:F1} GiB are free. "
                    + "Close something, or take a smaller batch (see 'genrec experiment show')."
            );
        yield return $"memory: up to {need / Gibi:F1} GiB of {place} "
            + $"(weights and optimizer {estimate.Weights / Gibi:F2}, a training step {estimate.Step / Gibi:F2})"
            + (free < need ? "; that much is not free: should it fail, take a smaller batch" : "");
    }

    /// <summary>Items and events of a public data set or an embedded feed; null where they are not known beforehand.</summary>
    private static (long Items, long Interactions)? Sizes(IExperiment experiment, PublicDataset? set) =>
        set is not null ? (set.Items, set.Interactions)
        : FeedPreset.All.FirstOrDefault(feed => feed.Name == experiment.Dataset) is { } feed
            ? (feed.Items, (long)feed.Sessions * feed.SlateLength)
        : null;

    /// <summary>Refuses a run whose data are not here.</summary>
    /// <returns>The public data set; null for the embedded world.</returns>
    /// <exception cref="DirectoryNotFoundException">The data set is not on this machine; the message says what to do.</exception>
    public static PublicDataset? CheckData(IExperiment experiment)
    {
        var set = PublicDatasets.Find(experiment.Dataset);
        if (set is { IsAvailable: false })
            DataFolders.Find(set.Folder, set.Files); // throws, and says where it was looked for
        foreach (var file in experiment.Files)
            DataFolders.Find(experiment.Dataset, file); // as well
        return set;
    }

    /// <summary>Memory that can be taken without pushing others out, in bytes.</summary>
    public static long AvailableMemory()
    {
        var limit = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes; // knows the limit of a container
        if (!OperatingSystem.IsLinux() || !File.Exists("/proc/meminfo"))
            return Math.Max(0, limit - Environment.WorkingSet);
        var line = File.ReadLines("/proc/meminfo")
            .FirstOrDefault(line => line.StartsWith("MemAvailable:", StringComparison.Ordinal));
        return
            line?.Split(' ', StringSplitOptions.RemoveEmptyEntries) is [_, var kibi, ..]
            && long.TryParse(kibi, out var number)
            ? Math.Min(limit, number * 1024)
            : limit;
    }

    private static string Device(string? device)
    {
        try
        {
            return Compute.ChooseDevice(device).ToString();
        }
        catch (Exception wrong) when (wrong is ArgumentException or InvalidOperationException)
        {
            throw new UserError(CommandLine.WithoutParameter(wrong));
        }
    }

    private static long FreeDisk(string folder)
    {
        var at = new DirectoryInfo(folder);
        while (!at.Exists && at.Parent is { } parent)
            at = parent;
        return new DriveInfo(at.FullName).AvailableFreeSpace;
    }

    private static IEnumerable<string> Before(IExperiment experiment, IReadOnlyList<ResultRecord> records) =>
        records
            .Where(record => record.Command.Contains($" {experiment.Name} ", StringComparison.Ordinal))
            .Take(1)
            .Select(record => $"recorded before: {Duration.Words(record.Seconds)} a seed on {record.Machine}");

    /// <summary>Free memory of an NVIDIA GPU in bytes; null for other devices and where its tool is not there.</summary>
    private static long? FreeGpuMemory(string device)
    {
        if (!device.StartsWith("cuda", StringComparison.Ordinal))
            return null;
        try
        {
            var start = new ProcessStartInfo(
                "nvidia-smi",
                ["--query-gpu=memory.free", "--format=csv,noheader,nounits"] // in MiB
            )
            {
                RedirectStandardOutput = true,
            };
            using var tool = Process.Start(start)!;
            var lines = tool.StandardOutput.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries);
            var index = device.Contains(':', StringComparison.Ordinal)
                ? int.Parse(device.Split(':')[1], CultureInfo.InvariantCulture)
                : 0;
            return index < lines.Length && long.TryParse(lines[index].Trim(), out var mebi) ? mebi << 20 : null;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return null;
        }
    }
}

/// <summary>Times as a person says them.</summary>
internal static class Duration
{
    /// <summary><c>45 s</c>, <c>7.5 minutes</c>, <c>2.3 hours</c>.</summary>
    public static string Words(double seconds) =>
        seconds < 90 ? $"{seconds:F0} s"
        : seconds < 5400 ? $"{seconds / 60:F1} minutes"
        : $"{seconds / 3600:F1} hours";
}

/// <summary>Measures a run's first minute and tells once how long the rest may take, and how much memory is in use.</summary>
/// <param name="clock">Tells the time.</param>
/// <param name="memory">The memory in use now, in bytes.</param>
internal sealed class FirstMinute(TimeProvider clock, Func<long> memory)
{
    private static readonly TimeSpan Measured = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan WorthTelling = TimeSpan.FromMinutes(2);
    private long? began;
    private double doneAtStart;
    private bool isTold;

    /// <summary>Takes notice of progress.</summary>
    /// <param name="done">Share of the work done, 0..1.</param>
    /// <returns>The estimate, once and where it is worth telling; else null.</returns>
    public string? Observe(double done)
    {
        if (began is null)
            (began, doneAtStart) = (clock.GetTimestamp(), done); // loading the data is not counted, nor what was done before
        var elapsed = clock.GetElapsedTime(began.Value);
        if (isTold || elapsed < Measured || done <= doneAtStart)
            return null;
        isTold = true;
        var rest = (1 - done) / (done - doneAtStart) * elapsed;
        return rest < WorthTelling
            ? null
            : $"after the first minute: {Duration.Words(rest.TotalSeconds)} more for all epochs, less if validation stops "
                + $"improving; {memory() / (double)(1 << 30):F1} GiB of memory in use";
    }
}
