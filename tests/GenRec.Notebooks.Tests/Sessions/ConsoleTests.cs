namespace GenRec.Notebooks.Tests.Sessions;

/// <summary>The console belongs to the whole process: these tests run while no other session lives.</summary>
[CollectionDefinition(nameof(ConsoleTests), DisableParallelization = true)]
[Collection(nameof(ConsoleTests))]
public sealed class ConsoleTests
{
    [Fact]
    public async Task TheConsoleIsPutBackWhenTheLastSessionEnds()
    {
        var before = (Console.Out, Console.Error, Console.In);
        using (var outer = new TestSession())
        {
            using (var inner = new TestSession())
                await inner.ValueAsync("Console.WriteLine(1);");
            Assert.NotSame(before.Out, Console.Out);
            var (_, sink) = await outer.RunAsync("Console.WriteLine(\"still routed\");");
            Assert.Equal("still routed\n", sink.Out.ReplaceLineEndings("\n"));
        }
        Assert.Equal(before, (Console.Out, Console.Error, Console.In));
        Assert.Null(AppContext.GetData("GenRec.Display"));
    }

    [Fact]
    public async Task TextFromOutsideCellsNeverReachesACell()
    {
        var original = Console.Out;
        using var outside = new StringWriter();
        Console.SetOut(outside);
        try
        {
            using var session = new TestSession();
            await session.ValueAsync("var done = new TaskCompletionSource();");
            var running = session.RunAsync("Console.WriteLine(\"in\"); await Task.Delay(300);");
            Console.WriteLine("progress of the caller");
            var (_, sink) = await running;
            Assert.Equal("in\n", sink.Out.ReplaceLineEndings("\n"));
        }
        finally
        {
            Console.SetOut(original);
        }
        Assert.Equal("progress of the caller\n", outside.ToString().ReplaceLineEndings("\n"));
    }
}
