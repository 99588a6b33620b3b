using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using GenRec.Benchmarks.Harness;
using GenRec.Shared.Data;
using GenRec.Shared.Decoding;
using GenRec.Shared.Experiments;
using GenRec.Shared.Nn;
using static TorchSharp.torch;

namespace GenRec.Benchmarks.Commands;

/// <summary><c>latency</c>: time of a search against beam width, batch size and catalogue size, with TIGER's T5.</summary>
internal static class LatencyCommand
{
    private const int WarmUp = 5; // searches; the first ones also meet shapes and memory for the first time
    private const int HistoryItems = 8; // Beauty's mean is 8.9 with the target
    private static readonly JsonSerializerOptions json = new()
    {
        WriteIndented = true,
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
    };

    public static Command Make()
    {
        var output = new Option<FileInfo?>("--output")
        {
            Description = "Writes the table as JSON as well; a file that is there is kept.",
        };
        var repeats = new Option<int>("--repeats")
        {
            Description = "Searches of one measurement; the median is given.",
            DefaultValueFactory = _ => 25,
        }.AtLeast(1);
        var most = new Option<int>("--most-items")
        {
            Description = "Largest catalogue.",
            DefaultValueFactory = _ => 1_000_000,
        }.AtLeast(1000);
        var command = new Command("latency", "Times constrained beam search over random ids of 4 x 256 codes.")
        {
            output,
            repeats,
            most,
        };
        var common = new CommonOptions().AddTo(command);
        command.SetAction(parsed =>
        {
            var options = common.Apply(parsed);
            var file = parsed.GetValue(output);
            if (file is { Exists: true })
            {
                Console.Error.WriteLine($"'{file.FullName}' exists already; name another file.");
                return 2;
            }
            Console.WriteLine(MachineInfo.Line(options.Threads));
            var rows = Measure(options, parsed.GetValue(repeats), parsed.GetValue(most));
            if (file is not null)
                File.WriteAllText(
                    file.FullName,
                    JsonSerializer.Serialize(
                        new Table(
                            MachineInfo.Line(options.Threads)[2..],
                            RunEnvironment.CommitOfProgram(),
                            DateTime.UtcNow.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
                            parsed.GetValue(repeats),
                            options.Seed,
                            BeamWorkload.Model.Width,
                            rows
                        ),
                        json
                    ) + "\n"
                );
            return 0;
        });
        return command;
    }

    private static List<Row> Measure(BenchmarkOptions options, int repeats, int most)
    {
        using var model = BeamWorkload.MakeModel(options);
        var rows = new List<Row>();
        Console.WriteLine(
            "items beams users constrained-ms free-ms constraint-ms constraint-share build-ms view-ms add-ms trie-MB"
        );
        using (var first = new Place(1000, model, options, repeats))
            first.WarmUpFor(TimeSpan.FromSeconds(5));
        for (var items = 1000; items <= most; items *= 10)
        {
            using var place = new Place(items, model, options, repeats);
            Add(place.Time(20, 1));
        }
        using var beauty = new Place(12_101, model, options, repeats);
        foreach (var beams in new[] { 1, 5, 10, 20, 50, 100, 200 })
            Add(beauty.Time(beams, 1));
        foreach (var users in new[] { 4, 16, 64 })
            Add(beauty.Time(10, users));
        return rows;

        void Add(Row row)
        {
            rows.Add(row);
            Console.WriteLine(
                string.Join(
                    ' ',
                    [
                        $"{row.Items} {row.Beams} {row.Users}",
                        .. new[]
                        {
                            row.ConstrainedMs,
                            row.FreeMs,
                            row.ConstraintMs,
                            row.ConstraintShare,
                            row.BuildMs,
                            row.ViewMs,
                            row.AddMs,
                            row.TrieMegabytes,
                        }.Select(Statistics.Short),
                    ]
                )
            );
        }
    }

    /// <summary>A catalogue with its trie.</summary>
    private sealed class Place : IDisposable
    {
        private readonly ItemCodes codes;
        private readonly T5 model;
        private readonly PrefixTrie trie;
        private readonly int repeats;
        private readonly Random random;
        private readonly double buildMs;
        private readonly double viewMs;
        private readonly double addMs;

        public Place(int items, T5 model, BenchmarkOptions options, int repeats)
        {
            (this.model, this.repeats, random) = (model, repeats, new Random(options.Seed));
            codes = BeamWorkload.RandomCodes(items, options.Seed);
            PrefixTrie.Build(codes, BeamWorkload.Layout).Dispose(); // code is loaded, memory is there
            var clock = Stopwatch.StartNew();
            trie = PrefixTrie.Build(codes, BeamWorkload.Layout);
            buildMs = clock.Elapsed.TotalMilliseconds;
            var cold = Enumerable.Range(1, items).Where(item => item % 20 == 0).ToArray();
            trie.All.Only(cold).Dispose();
            clock.Restart();
            trie.All.Only(cold).Dispose();
            viewMs = clock.Elapsed.TotalMilliseconds;
            var (more, numbers) = NewIds(items / 100);
            trie.With(more, numbers, codes.Levels).Dispose();
            clock.Restart();
            trie.With(more, numbers, codes.Levels).Dispose();
            addMs = clock.Elapsed.TotalMilliseconds;
        }

        public Row Time(int beams, int users)
        {
            var constraints = new List<double>();
            var constrained = Median(() =>
            {
                var times = new DecodingTimes();
                Search(beams, users, IdConstraint.Trie, times);
                constraints.Add(times[DecodingPart.Constraint].TotalMilliseconds);
            });
            var free = Median(() => Search(beams, users, IdConstraint.None, null));
            var constraint = Statistics.Median(constraints.Skip(WarmUp).ToArray());
            return new Row(
                codes.ItemCount,
                beams,
                users,
                constrained,
                free,
                constraint,
                constraint / constrained,
                buildMs,
                viewMs,
                addMs,
                trie.Bytes / 1e6
            );
        }

        public void Dispose() => trie.Dispose();

        /// <summary>Searches until the runtime has compiled their code for good, which it does after dozens of calls.</summary>
        public void WarmUpFor(TimeSpan time)
        {
            var clock = Stopwatch.StartNew();
            while (clock.Elapsed < time)
                foreach (var constraint in new[] { IdConstraint.Trie, IdConstraint.None })
                    Search(20, 1, constraint, null);
        }

        /// <summary>The median time of a search once memory and caches are as they stay.</summary>
        private double Median(Action search)
        {
            for (var i = 0; i < WarmUp; i++)
                search();
            return Statistics.Median(
                Enumerable
                    .Range(0, repeats)
                    .Select(_ =>
                    {
                        var start = Stopwatch.GetTimestamp();
                        search();
                        return Stopwatch.GetElapsedTime(start).TotalMilliseconds;
                    })
                    .ToArray()
            );
        }

        private void Search(int beams, int users, IdConstraint constraint, DecodingTimes? times)
        {
            using var scope = NewDisposeScope();
            using var histories = TokenBatch.Pack([
                .. Enumerable
                    .Range(0, users)
                    .Select(_ =>
                        Enumerable
                            .Range(0, HistoryItems)
                            .SelectMany(_ => codes[random.Next(codes.ItemCount) + 1].ToArray())
                            .Select((code, at) => BeamWorkload.Layout.TokenOf(at % codes.Levels, code))
                            .ToArray()
                    ),
            ]);
            using var decoder = new T5StepDecoder(model, histories);
            var options = new BeamOptions { Width = beams, Constraint = constraint };
            using var ids = new BeamSearch(trie.All, options).Run(decoder, times: times);
            using var lists = ids.ToItems(beams);
        }

        private (int[] Codes, int[] Items) NewIds(int count)
        {
            var known = new HashSet<string>(
                Enumerable.Range(1, codes.ItemCount).Select(item => string.Join(' ', codes[item].ToArray()))
            );
            var found = new List<int>();
            while (found.Count < count * codes.Levels)
            {
                var id = Enumerable.Range(0, codes.Levels).Select(_ => random.Next(256)).ToArray();
                if (known.Add(string.Join(' ', id)))
                    found.AddRange(id);
            }
            return ([.. found], [.. Enumerable.Range(codes.ItemCount + 1, count)]);
        }
    }

    private sealed record Table(
        string Machine,
        string Commit,
        string Measured,
        int Repeats,
        int Seed,
        int Width,
        IReadOnlyList<Row> Rows
    );

    /// <summary>One measurement; times in milliseconds.</summary>
    private sealed record Row(
        int Items,
        int Beams,
        int Users,
        double ConstrainedMs,
        double FreeMs,
        double ConstraintMs,
        double ConstraintShare,
        double BuildMs,
        double ViewMs,
        double AddMs,
        double TrieMegabytes
    );
}
