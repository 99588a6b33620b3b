using Spectre.Console;

namespace GenRec.Cli;

/// <summary>A bar for terminals; lines that go out in any case, so that logs stay readable.</summary>
internal static class ProgressBar
{
    /// <summary>Runs work that reports its share done (0..1) and, now and then, a line to keep.</summary>
    public static async Task<T> ShowAsync<T>(
        Terminal terminal,
        string title,
        Func<Action<double, string?>, Task<T>> work
    )
    {
        if (!terminal.IsInteractive)
            return await work((_, line) => Keep(line));
        return await terminal
            .Styled.Progress()
            .Columns(
                new TaskDescriptionColumn(),
                new ProgressBarColumn(),
                new PercentageColumn(),
                new RemainingTimeColumn()
            )
            .StartAsync(async bars =>
            {
                var bar = bars.AddTask(Markup.Escape(title), maxValue: 1);
                return await work(
                    (done, line) =>
                    {
                        bar.Value = done;
                        Keep(line);
                    }
                );
            });

        void Keep(string? line)
        {
            if (line is not null)
                terminal.Styled.WriteLine(line);
        }
    }
}

/// <summary>Reports on the caller's thread and at once, so that no line comes late or out of order.</summary>
internal sealed class Direct<T>(Action<T> report) : IProgress<T>
{
    public void Report(T value) => report(value);
}
