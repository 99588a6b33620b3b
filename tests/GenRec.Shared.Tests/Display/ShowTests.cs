using GenRec.Shared.Display;

namespace GenRec.Shared.Tests.Display;

/// <summary>These tests set process-wide host data and the console, so they run alone.</summary>
[CollectionDefinition(nameof(ShowTests), DisableParallelization = true)]
[Collection(nameof(ShowTests))]
public sealed class ShowTests : IDisposable
{
    private readonly Table table = new(
        ["a"],
        [
            [1],
        ]
    );

    [Fact]
    public void AHostOfOursReceivesTheValueItself()
    {
        var shown = new List<object>();
        AppContext.SetData(Show.HostKey, (Action<object>)shown.Add);
        table.Display();
        ((object?)null).Display();
        Assert.Equal([table], shown);
    }

    [Fact]
    public void WithoutAHostTheConsoleShowsText()
    {
        var (before, writer) = (Console.Out, new StringWriter());
        Console.SetOut(writer);
        try
        {
            table.Display();
            3.Display();
        }
        finally
        {
            Console.SetOut(before);
        }
        Assert.Equal(table.ToText() + "\n3\n", writer.ToString().ReplaceLineEndings("\n"));
    }

    [Fact]
    public void ALiveDisplayReplacesWhereTheHostCan()
    {
        var shown = new List<object>();
        AppContext.SetData(
            Show.LiveHostKey,
            (Func<object, Action<object>>)(
                first =>
                {
                    shown.Add(first);
                    return next => shown[^1] = next;
                }
            )
        );
        using (var live = Show.Live())
        {
            live.Update("1");
            live.Update("2");
        }
        Assert.Equal(["2"], shown);
    }

    [Fact]
    public void ALiveDisplayShowsTheLastValueOnceElsewhere()
    {
        var shown = new List<object>();
        AppContext.SetData(Show.HostKey, (Action<object>)shown.Add);
        using (var live = Show.Live())
        {
            live.Update("1");
            live.Update("2");
            Assert.Empty(shown);
        }
        Assert.Equal(["2"], shown);
    }

    public void Dispose()
    {
        AppContext.SetData(Show.HostKey, null);
        AppContext.SetData(Show.LiveHostKey, null);
    }
}
