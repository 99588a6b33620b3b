using System.Runtime.InteropServices;
using System.Security.Cryptography;
using GenRec.Shared.Data.Slates;
using GenRec.Shared.Display;
using GenRec.Shared.Runtime;

namespace GenRec.Shared.Data.Worlds;

/// <summary>A simulated short-video feed with a known truth: requests, slates, watch time, actions, return visits.</summary>
/// <remarks>
/// As in <see cref="World"/>, three layers never mix: state stays inside, observables are <see cref="Dataset"/>,
/// <see cref="Slates"/>, <see cref="Vectors"/> and the requests that policies get, and ground truth is the
/// <see cref="Oracle"/>. The first two keep no link to the world. A request is answered with a slate; the user goes through
/// it video by video, skips or watches, may like, follow, share, comment or dislike, and may leave after each; whoever does
/// not leave makes the next request at once, whoever leaves comes back for another visit, sooner when this one pleased. Alike
/// videos in a slate tire. Preset, seed and <see cref="Version"/> name the same world on every machine, and answers do not
/// depend on what was asked before.
/// </remarks>
/// <example>
/// <code>
/// var world = FeedWorld.Create(FeedPreset.Feed);
/// var sessions = SessionIndex.ByColumn(world.Dataset.Interactions, "session"); // what a model may see
/// var served = world.Log(world.Traditional, sessions: 5000); // the same users, later
/// var truth = world.Oracle.Values(served); // expected watch seconds, likes ... of each slate
/// </code>
/// </example>
public sealed class FeedWorld : RichObject
{
    /// <summary>Rises whenever items, text or behaviour of any preset change; part of the data set's name and card.</summary>
    public const int Version = 1;

    private readonly CounterRandom random;
    private readonly FeedCatalogue videos;
    private readonly FeedLaw law;
    private readonly FeedViewer[] now; // users as they come back after the shipped log
    private readonly FeedHistory[] pasts;

    private FeedWorld(FeedPreset preset, ulong seed)
    {
        (Preset, Seed, random) = (preset, seed, new CounterRandom(seed).Fork("feed"));
        videos = new FeedCatalogue(preset, random);
        law = new FeedLaw(videos, preset);
        var newcomers = FeedLife.Newcomers(preset, videos, random.Fork("users"));
        var traits = Array.ConvertAll(newcomers, viewer => viewer.Traits);
        Traditional = new FeedTraditionalPolicy(preset, videos, law, traits, random.Fork("errors"));
        Own = new FeedExploringPolicy([.. videos.Items.Topic], videos.Items.Topics.Length);
        now = Array.ConvertAll(newcomers, viewer => viewer.Copy());
        pasts = Array.ConvertAll(newcomers, _ => new FeedHistory());
        var life = LifeIn(0);
        Slates = RunnerOf(0)
            .Run(
                0,
                now,
                pasts,
                FeedRunner.Quotas(now, preset.Sessions),
                preset.SlateLength,
                (Own, preset.OwnShare),
                (Traditional, 1 - preset.OwnShare)
            );
        var latest = Math.Max(now.Max(viewer => viewer.Time), videos.Uploaded.AsSpan(1).ToArray().Max());
        EndOfLog = (latest / FeedCatalogue.Day + 1) * FeedCatalogue.Day;
        foreach (var viewer in now)
            life.Resume(viewer, EndOfLog);
        Dataset = FeedObservables.Of(preset, seed, videos, Slates, random.Fork("text"));
        Oracle = new FeedOracle(preset, videos, law, newcomers, now, LifeIn);
    }

    /// <summary>Size and laws.</summary>
    public FeedPreset Preset { get; }

    /// <summary>The seed it was made from.</summary>
    public ulong Seed { get; }

    /// <summary>
    /// Observables: every video that a user reached, with the columns <c>session</c> (the user's how-manieth request),
    /// <c>visit</c>, <c>position</c>, <c>watch_seconds</c>, <c>duration_seconds</c>, <c>view</c>, <c>like</c>, <c>follow</c>,
    /// <c>share</c>, <c>comment</c>, <c>dislike</c>, <c>exit</c>, <c>own</c> (served by our own policy) and
    /// <c>log_propensity</c> (NaN where unknown); title, author, categories, caption, duration and upload time of each video.
    /// </summary>
    public Dataset Dataset { get; }

    /// <summary>Observables: the same log as slates, with the videos that were served but not reached.</summary>
    public SlateLog Slates { get; }

    /// <summary>
    /// Observables: what an encoder of pictures and sound would see, <c>[N + 1, 16]</c> row after row; row 0 is 0. Noisy.
    /// </summary>
    public ReadOnlySpan<float> Vectors => videos.Observed;

    /// <summary>Numbers in a row of <see cref="Vectors"/>.</summary>
    public static int VectorLength => FeedCatalogue.Dimensions;

    /// <summary>
    /// Unix seconds of the midnight after the shipped log and after the last upload. Each user comes back within the twelve
    /// hours that follow; all runs of <see cref="Log"/> begin there.
    /// </summary>
    public long EndOfLog { get; }

    /// <summary>The recall and ranking pipeline that wrote most of the log. Its propensities are unknown.</summary>
    public ISlatePolicy Traditional { get; }

    /// <summary>Our own exploring policy, which writes down the probability of each of its choices.</summary>
    public ISlatePolicy Own { get; }

    /// <summary>Ground truth, for evaluation and figures only.</summary>
    public FeedOracle Oracle { get; }

    /// <summary>Makes a world; the <see cref="FeedPreset.Feed"/> preset takes a few seconds.</summary>
    /// <param name="preset">Size and laws.</param>
    /// <param name="seed">Worlds of different seeds share the word lists and laws, nothing else.</param>
    /// <exception cref="ArgumentException">A value of the preset is out of range, or two do not go together.</exception>
    public static FeedWorld Create(FeedPreset preset, ulong seed = World.DefaultSeed)
    {
        ArgumentNullException.ThrowIfNull(preset);
        preset.Check();
        return new FeedWorld(preset, seed);
    }

    /// <summary>The first request of every user after the shipped log, in user order: what a policy would get.</summary>
    public SlateRequests Requests() =>
        RunnerOf(1).RequestsOf([.. Enumerable.Range(0, now.Length)], now, pasts, Preset.SlateLength);

    /// <summary>Lets a policy serve the users from the end of the shipped log on. The world stays as it is.</summary>
    /// <param name="policy">Gets one request of every user who has some left, batch after batch.</param>
    /// <param name="sessions">Requests in all, shared out by how active users are.</param>
    /// <param name="run">From 1. Equal runs have the same random numbers, so that policies can be compared pair by pair.</param>
    /// <exception cref="ArgumentException">The policy gave an unknown item, one not uploaded yet, or one twice in a slate.</exception>
    public SlateLog Log(ISlatePolicy policy, int sessions, ulong run = 1)
    {
        ArgumentNullException.ThrowIfNull(policy);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(sessions);
        ArgumentOutOfRangeException.ThrowIfZero(run);
        var (viewers, histories) = Copies();
        return RunnerOf(run)
            .Run(run, viewers, histories, FeedRunner.Quotas(viewers, sessions), Preset.SlateLength, (policy, 1));
    }

    /// <summary>Opens the feed for serving request by request, from the end of the shipped log on.</summary>
    /// <param name="run">From 1; see <see cref="Log"/>.</param>
    public FeedEnvironment Open(ulong run = 1)
    {
        ArgumentOutOfRangeException.ThrowIfZero(run);
        var (viewers, histories) = Copies();
        return new FeedEnvironment(viewers, histories, LifeIn(run), RunnerOf(run), Preset.SlateLength);
    }

    /// <summary>SHA-256, in hexadecimal, over all observables and a sample of true values; equal on every machine.</summary>
    public string Fingerprint()
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var column in Dataset.Items.Frame.Columns)
            for (var row = 0; row < Dataset.Items.ItemCount; row++)
                hash.AppendData(System.Text.Encoding.UTF8.GetBytes(FormattableString.Invariant($"{column[row]}\n")));
        hash.AppendData(MemoryMarshal.AsBytes(Slates.Times));
        hash.AppendData(MemoryMarshal.AsBytes(Slates.Items));
        hash.AppendData(MemoryMarshal.AsBytes(Slates.WatchSeconds));
        hash.AppendData(MemoryMarshal.AsBytes(Slates.Actions));
        hash.AppendData(MemoryMarshal.AsBytes(Slates.LogPropensities));
        hash.AppendData(MemoryMarshal.AsBytes(Vectors));
        double[] values = [.. Oracle.Values(Slates).Select(value => value.WatchSeconds)];
        hash.AppendData(MemoryMarshal.AsBytes(values.AsSpan()));
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private (FeedViewer[], FeedHistory[]) Copies() =>
        (Array.ConvertAll(now, viewer => viewer.Copy()), Array.ConvertAll(pasts, past => past.Copy()));

    private CounterRandom RandomOf(ulong run) => random.Fork(FormattableString.Invariant($"run {run}"));

    private FeedLife LifeIn(ulong run) => new(videos, law, RandomOf(run));

    private FeedRunner RunnerOf(ulong run) => new(videos, LifeIn(run), RandomOf(run));
}
