using GenRec.Notebooks.Language;
using GenRec.Notebooks.Tests.Sessions;

namespace GenRec.Notebooks.Tests.Language;

/// <summary>One warm session for all tests of the class: none of them changes it.</summary>
public sealed class LanguageSession : IAsyncLifetime
{
    internal TestSession Session { get; } = new();

    internal RoslynLanguageService Service { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        Service = new RoslynLanguageService(Session.Session);
        await Session.ValueAsync(
            "using System.Text.Json;\nvar table = new Table([\"a\"], []);\nint Twice(int number) => 2 * number;"
        );
        await Session.ValueAsync("record Pair(int Left, string Right);\nvar tableCount = 3;");
    }

    public ValueTask DisposeAsync()
    {
        Service.Dispose();
        Session.Dispose();
        return ValueTask.CompletedTask;
    }

    internal Task<CompletionList> CompleteAsync(string code) =>
        Service.CompleteAsync(code, code.Length, TestContext.Current.CancellationToken);

    internal async Task<string[]> NamesAsync(string code) =>
        [.. (await CompleteAsync(code)).Items.Select(item => item.Text)];
}

public sealed class CompletionTests(LanguageSession session) : IClassFixture<LanguageSession>
{
    [Fact]
    public async Task APrefixThatOneNameHasGivesThatNameAlone()
    {
        var list = await session.CompleteAsync("Console.WriteL");
        Assert.Equal((8, 14), (list.Start, list.End));
        var item = Assert.Single(list.Items);
        Assert.Equal(("WriteLine", CompletionKind.Method), (item.Text, item.Kind));
        Assert.Equal("() -> void (+ 19 overloads)", item.Signature);
    }

    [Fact]
    public async Task NamesOfEarlierCellsComeFirst()
    {
        var names = await session.NamesAsync("tab");
        Assert.Equal(["table", "tableCount"], names[..2]);
        Assert.Contains("Table", names);
        Assert.All(names, name => Assert.StartsWith("tab", name, StringComparison.OrdinalIgnoreCase));
        Assert.Equal("Twice", (await session.NamesAsync("Tw"))[0]);
        Assert.Equal("Pair", (await session.NamesAsync("new Pai"))[0]);
    }

    [Fact]
    public async Task LocalsComeBeforeNamesOfEarlierCellsAndTheseBeforeTheLibrary() =>
        Assert.Equal(
            ["tableLocal", "table", "tableCount"],
            (await session.NamesAsync("foreach (var tableLocal in new[] { 1 }) { tab"))[..3]
        );

    [Fact]
    public async Task OwnMembersComeBeforeExtensionsAndTheMembersOfEveryObjectLast()
    {
        var names = await session.NamesAsync("table.");
        Assert.Equal("Caption", names[0]);
        Assert.True(Array.IndexOf(names, "ToText") < Array.IndexOf(names, "Display"));
        Assert.True(Array.IndexOf(names, "Display") < Array.IndexOf(names, "Equals"));
    }

    [Fact]
    public async Task UsingsAndReferencesOfTheSessionAreKnown()
    {
        Assert.Contains("JsonSerializer", await session.NamesAsync("JsonSer"));
        Assert.Contains("sum", await session.NamesAsync("ones(2, 3).su"));
        Assert.Contains("LearningCurves", await session.NamesAsync("Figures.Lea"));
        Assert.Contains("display", await session.NamesAsync("disp"));
    }

    [Fact]
    public async Task SignaturesTellParametersAndType()
    {
        var members = (await session.CompleteAsync("table.")).Items;
        Assert.Equal("(int rows) -> Table", Assert.Single(members, item => item.Text == "Top").Signature);
        Assert.Equal("-> int", Assert.Single(members, item => item.Text == "MaxRows").Signature);
        Assert.Equal("() -> string", Assert.Single(members, item => item.Text == "ToHtml").Signature);
    }

    [Fact]
    public async Task CapitalsFindANameOnlyWhereNoNameBeginsWithThem()
    {
        Assert.Contains("WriteLine", await session.NamesAsync("Console.WL"));
        Assert.DoesNotContain("WindowLeft", await session.NamesAsync("Console.Wri"));
        Assert.Contains("WriteLine", await session.NamesAsync("Console.teli"));
    }

    [Fact]
    public async Task NamedArgumentsAreOffered() =>
        Assert.Equal("title:", (await session.NamesAsync("table.Titled(ti"))[0]);

    [Fact]
    public async Task NothingOfferedIsASnippetOrNeedsAnotherUsing()
    {
        var names = await session.NamesAsync("");
        Assert.All(names, name => Assert.DoesNotContain('$', name));
        Assert.Equal(names.Length, names.Distinct().Count());
        Assert.DoesNotContain("cw", names);
        Assert.Empty(await session.NamesAsync("HttpClientHandl")); // System.Net.Http is not open
    }

    [Theory]
    [InlineData("((((")]
    [InlineData("\"open string")]
    [InlineData("class { { ;; }}} )) => <")]
    [InlineData("#!fsharp\nlet x = 1\n")]
    [InlineData("/* open comment")]
    [InlineData("table..")]
    [InlineData("\ud83d")] // half of a pair
    [InlineData("#r \"nuget: No.Such, 1.0\"\nvar x = No")]
    public async Task BrokenCodeIsAnsweredAtEveryPlace(string code)
    {
        var cancel = TestContext.Current.CancellationToken;
        for (var at = 0; at <= code.Length; at++)
        {
            var list = await session.Service.CompleteAsync(code, at, cancel);
            Assert.InRange(list.Start, 0, at);
            Assert.InRange(list.End, at, code.Length);
            await session.Service.InspectAsync(code, at, 1, cancel);
        }
        session.Service.Check(code);
    }

    [Fact]
    public async Task DirectivesLeaveTheCodeBelowThemWhereItIs()
    {
        const string Code = "#!import bootstrap.csx\n#!time\nConsole.WriteL";
        var list = await session.CompleteAsync(Code);
        Assert.Equal(Code.Length - "WriteL".Length, list.Start);
        Assert.Equal("WriteLine", Assert.Single(list.Items).Text);
    }

    [Fact]
    public async Task CompletionIsAnsweredWhileACellRuns()
    {
        using var own = new TestSession();
        using var service = new RoslynLanguageService(own.Session);
        var cancel = TestContext.Current.CancellationToken;
        await own.ValueAsync("var release = new ManualResetEventSlim();");
        var running = own.RunAsync("release.Wait(Cancellation); var late = 1;", cancel: cancel);
        var list = await service.CompleteAsync("relea", 5, cancel);
        Assert.Equal("release", Assert.Single(list.Items).Text);
        Assert.False(running.IsCompleted);
        var release = own.Session.Variables.Single(variable => variable.Name == "release");
        ((ManualResetEventSlim)release.Value).Set();
        await running;
        Assert.Equal(
            "late",
            Assert.Single((await service.CompleteAsync("lat", 3, cancel)).Items, i => i.Text == "late").Text
        );
    }
}
