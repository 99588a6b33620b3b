using System.CommandLine;
using GenRec.Benchmarks.Comparisons;
using GenRec.Benchmarks.Harness;
using TorchSharp;

namespace GenRec.Benchmarks.Commands;

/// <summary>Options that every command takes.</summary>
internal sealed class CommonOptions
{
    private readonly Option<int> threads = new("--threads")
    {
        Description = "Threads of one tensor operation.",
        DefaultValueFactory = _ => Environment.ProcessorCount,
    };

    private readonly Option<bool> synthetic = new("--synthetic")
    {
        Description = "Measure on small generated data instead of the public sets.",
    };

    private readonly Option<int> seed = new("--seed")
    {
        Description = "Seed of weights, batches and generated data.",
        DefaultValueFactory = _ => 1,
    };

    public CommonOptions AddTo(Command command)
    {
        threads.AtLeast(1);
        command.Options.Add(threads);
        command.Options.Add(synthetic);
        command.Options.Add(seed);
        return this;
    }

    /// <summary>Reads the options and sets the number of threads of this process.</summary>
    public BenchmarkOptions Apply(ParseResult parsed)
    {
        var options = new BenchmarkOptions(parsed.GetValue(threads), parsed.GetValue(synthetic), parsed.GetValue(seed));
        torch.set_num_threads(options.Threads);
        return options;
    }
}

/// <summary>Checks of options, made while the command line is read.</summary>
internal static class OptionChecks
{
    /// <summary>Refuses smaller numbers.</summary>
    public static Option<int> AtLeast(this Option<int> option, int least)
    {
        option.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int>() < least)
                result.AddError($"{option.Name} is {result.GetValueOrDefault<int>()}; at least {least} is needed.");
        });
        return option;
    }

    /// <summary>Refuses zero, negative numbers and what is no number.</summary>
    public static Option<double> Positive(this Option<double> option)
    {
        option.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<double>() is not (> 0 and < double.PositiveInfinity))
                result.AddError($"{option.Name} must be greater than 0.");
        });
        return option;
    }

    /// <summary>Refuses names that are no comparison.</summary>
    public static Argument<string> OfComparison(this Argument<string> argument)
    {
        argument.CompletionSources.Add(_ =>
            PeerRegistry.All.Select(one => new System.CommandLine.Completions.CompletionItem(one.Name))
        );
        argument.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<string>() is { Length: > 0 } name && PeerRegistry.Find(name) is null)
                result.AddError(
                    $"No comparison is called '{name}'; there are {string.Join(", ", PeerRegistry.All.Select(one => one.Name))}."
                );
        });
        return argument;
    }
}
