using System.Globalization;
using System.Security.Cryptography;
using GenRec.Shared.Runtime;

namespace GenRec.Shared.Training;

/// <summary>Checkpoints in a folder, one folder a step: <c>step-000000123/</c>.</summary>
/// <remarks>
/// A checkpoint is written under a hidden name, flushed to the disk, and then renamed; an old one is renamed away before
/// it is deleted. So whatever stands under a step's name is complete, whenever the process is killed or the disk fills.
/// Lengths and SHA-256 of all files stand in state.json and are checked before a checkpoint is used.
/// </remarks>
internal sealed class CheckpointStore : IDisposable
{
    public const string Weights = "weights.safetensors";
    public const string OptimizerState = "optimizer.safetensors";
    public const string Baggage = "baggage.safetensors";
    private const string StateFile = "state.json";
    private const string Prefix = "step-";
    private const string Temporary = ".unfinished-";
    private readonly FileStream claim;

    /// <summary>Opens a folder, making it where it does not exist, and removes what an earlier kill left unfinished.</summary>
    /// <exception cref="IOException">Another process trains in this folder.</exception>
    public CheckpointStore(string folder)
    {
        Root = Path.GetFullPath(folder);
        Directory.CreateDirectory(Root);
        try
        {
            claim = new FileStream(
                Path.Combine(Root, ".lock"),
                FileMode.OpenOrCreate,
                FileAccess.ReadWrite,
                FileShare.None
            );
        }
        catch (IOException taken)
        {
            throw new IOException($"Another process trains in {Root}; wait for it or choose another folder.", taken);
        }
        foreach (var left in Directory.EnumerateDirectories(Root, Temporary + "*"))
            Directory.Delete(left, recursive: true);
    }

    /// <summary>The folder of all checkpoints.</summary>
    public string Root { get; }

    /// <summary>Steps that have a checkpoint, newest first.</summary>
    public IReadOnlyList<long> Steps() => StepsIn(Root);

    /// <summary>The newest step that has a checkpoint in a folder, which need not exist; null where none has.</summary>
    public static long? NewestStep(string folder) =>
        Directory.Exists(folder) && StepsIn(folder) is [var newest, ..] ? newest : null;

    private static IReadOnlyList<long> StepsIn(string folder) =>
        [
            .. Directory
                .EnumerateDirectories(folder, Prefix + "*")
                .Select(path => long.TryParse(Path.GetFileName(path).AsSpan(Prefix.Length), out var step) ? step : -1)
                .Where(step => step >= 0)
                .OrderDescending(),
        ];

    /// <summary>Where the checkpoint of a step is, or would be.</summary>
    public string PathOf(long step) => Path.Combine(Root, Prefix + step.ToString("D9", CultureInfo.InvariantCulture));

    /// <summary>Reads the state of a checkpoint after checking that its files are whole.</summary>
    /// <exception cref="InvalidDataException">The checkpoint is damaged; the message says where.</exception>
    public TrainingState Read(long step)
    {
        var folder = PathOf(step);
        try
        {
            var state = TrainingState.FromJson(File.ReadAllText(Path.Combine(folder, StateFile)));
            if (state.Format != TrainingState.CurrentFormat)
                throw new InvalidDataException(
                    $"{folder} has checkpoint format {state.Format}; this version reads {TrainingState.CurrentFormat}."
                );
            foreach (var (name, seal) in state.Files)
                if (Seal(Path.Combine(folder, name)) is { } found && found != seal)
                    throw new InvalidDataException(
                        $"{folder} is damaged: {name} has {found.Bytes} of {seal.Bytes} bytes, "
                            + $"SHA-256 {found.Sha256[..12]}, recorded {seal.Sha256[..12]}."
                    );
            return state;
        }
        catch (Exception broken) when (broken is System.Text.Json.JsonException or FileNotFoundException)
        {
            throw new InvalidDataException($"{folder} is damaged: {broken.Message}", broken);
        }
    }

    /// <summary>Writes the checkpoint of a step.</summary>
    /// <param name="state">Its files' seals are filled in.</param>
    /// <param name="files">Writers by file name.</param>
    /// <exception cref="IOException">The disk is full or fails; all earlier checkpoints are as they were.</exception>
    public void Write(TrainingState state, IReadOnlyDictionary<string, Action<Stream>> files)
    {
        var (target, unfinished) = (PathOf(state.Step), NewTemporary());
        try
        {
            Directory.CreateDirectory(unfinished);
            state.Files = [];
            foreach (var (name, write) in files)
            {
                var path = Path.Combine(unfinished, name);
                AtomicFile.WriteThrough(path, write);
                state.Files[name] = Seal(path);
            }
            AtomicFile.WriteThrough(Path.Combine(unfinished, StateFile), s => s.Write(Encode(state.ToJson())));
            AtomicFile.SyncFolder(unfinished);
            Delete(state.Step); // only ever a damaged one
            Directory.Move(unfinished, target);
            AtomicFile.SyncFolder(Root);
        }
        catch (Exception failure)
        {
            TryDelete(unfinished);
            // A limit of the file size comes as an argument error from inside the file stream.
            if (failure is not (IOException or UnauthorizedAccessException or ArgumentOutOfRangeException))
                throw;
            var kept = Steps() is [var newest, ..] ? $"{PathOf(newest)} is intact" : "there is no earlier one";
            throw new IOException(
                $"The checkpoint of step {state.Step} could not be written: {failure.Message} ({kept})",
                failure
            );
        }
    }

    /// <summary>Deletes all but the newest ones and the best one.</summary>
    public void Prune(int keep, long? best)
    {
        foreach (var step in Steps().Skip(keep).Where(step => step != best))
            Delete(step);
    }

    /// <inheritdoc/>
    public void Dispose() => claim.Dispose();

    private static byte[] Encode(string text) => System.Text.Encoding.UTF8.GetBytes(text);

    private static FileSeal Seal(string path)
    {
        using var file = File.OpenRead(path);
        return new FileSeal(file.Length, Convert.ToHexStringLower(SHA256.HashData(file)));
    }

    private static void TryDelete(string folder)
    {
        try
        {
            if (Directory.Exists(folder))
                Directory.Delete(folder, recursive: true);
        }
        catch (IOException) { } // swept by the next run; the first failure is the one to report
    }

    private string NewTemporary() => Path.Combine(Root, Temporary + Guid.NewGuid().ToString("N")[..12]);

    private void Delete(long step)
    {
        if (!Directory.Exists(PathOf(step)))
            return;
        var away = NewTemporary();
        Directory.Move(PathOf(step), away);
        Directory.Delete(away, recursive: true);
    }
}
