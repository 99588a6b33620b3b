using System.Text.Json.Nodes;

namespace GenRec.Notebooks.Tests.Kernel;

/// <summary>One kernel for tests that leave it as they found it.</summary>
public sealed class SharedKernel : IDisposable
{
    internal TestKernel Kernel { get; } = new();

    public void Dispose() => Kernel.Dispose();
}

/// <summary>What each request is answered.</summary>
public sealed class KernelRequestTests(SharedKernel shared) : IClassFixture<SharedKernel>, IDisposable
{
    private readonly KernelClient client = shared.Kernel.AnotherClient();

    public void Dispose() => client.Dispose();

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void TheKernelIntroducesItselfOnShellAndControl(bool onControl)
    {
        var info = client.Ask("kernel_info_request", channel: onControl ? client.Control : client.Shell).Reply.Content;
        Assert.Equal("ok", info["status"]!.GetValue<string>());
        Assert.StartsWith("5.", info["protocol_version"]!.GetValue<string>(), StringComparison.Ordinal);
        Assert.Equal("C#", info["language_info"]!["name"]!.GetValue<string>());
        Assert.Equal(".cs", info["language_info"]!["file_extension"]!.GetValue<string>());
        Assert.NotEmpty(info["banner"]!.GetValue<string>());
    }

    [Theory]
    [InlineData("kernel_info_request", "{}")]
    [InlineData("execute_request", """{ "code": "1" }""")]
    [InlineData("is_complete_request", """{ "code": "1" }""")]
    [InlineData("complete_request", """{ "code": "Cons", "cursor_pos": 4 }""")]
    [InlineData("inspect_request", """{ "code": "Console", "cursor_pos": 3, "detail_level": 0 }""")]
    [InlineData("history_request", """{ "hist_access_type": "tail", "n": 3, "output": false, "raw": true }""")]
    [InlineData("comm_info_request", "{}")]
    public void EveryRequestIsAnsweredBetweenBusyAndIdle(string type, string content)
    {
        var asked = client.Ask(type, JsonNode.Parse(content)!.AsObject());
        Assert.Equal("ok", type == "is_complete_request" ? "ok" : asked.Status);
        Assert.Equal(type.Replace("_request", "_reply", StringComparison.Ordinal), asked.Reply.Type);
        Assert.True(KernelClient.IsState(asked.Published[0], "busy"));
        Assert.True(KernelClient.IsState(asked.Published[^1], "idle"));
    }

    [Fact]
    public void WhatACellShowsComesInOrder()
    {
        var cell = client.Execute(
            """
            Console.WriteLine("first");
            display(1);
            Console.Error.WriteLine("second");
            Console.Write("third");
            6 * 7
            """
        );
        Assert.Equal(
            ["status", "execute_input", "stream", "display_data", "stream", "stream", "execute_result", "status"],
            cell.Published.Select(message => message.Type)
        );
        Assert.Equal("first\nthird", cell.Stream());
        Assert.Equal("second\n", cell.Stream("stderr"));
        Assert.Equal("42", cell.ResultText);
        Assert.Equal(
            cell.Reply.Content["execution_count"]!.GetValue<int>(),
            cell.Of("execute_input").Single().Content["execution_count"]!.GetValue<int>()
        );
        Assert.Empty(cell.Reply.Content["payload"]!.AsArray());
    }

    [Fact]
    public void SilentAndUnstoredCellsAreNotCounted()
    {
        int Count(Exchange cell) => cell.Reply.Content["execution_count"]!.GetValue<int>();
        var before = Count(client.Execute("1"));
        var silent = client.Execute("display(5); Console.WriteLine(6); 7", cell => cell["silent"] = true);
        Assert.Equal(["status", "status"], silent.Published.Select(message => message.Type));
        Assert.Equal(before, Count(silent));
        var unstored = client.Execute("8", cell => cell["store_history"] = false);
        Assert.Equal("8", unstored.ResultText);
        Assert.Equal(before, Count(unstored));
        Assert.Equal(before + 1, Count(client.Execute("1")));
    }

    [Fact]
    public void UserExpressionsAreEvaluatedAfterTheCell()
    {
        var expressions = new JsonObject { ["sum"] = "evaluated + 1", ["wrong"] = "thereIsNoSuchName" };
        var cell = client.Execute("var evaluated = 41;", c => c["user_expressions"] = expressions);
        var values = cell.Reply.Content["user_expressions"]!;
        Assert.Equal("42", values["sum"]!["data"]!["text/plain"]!.GetValue<string>());
        Assert.Equal("error", values["wrong"]!["status"]!.GetValue<string>());
        Assert.Empty(cell.Of("execute_result"));
    }

    [Fact]
    public void AnErrorIsShownAndRepliedWithTheCellsLine()
    {
        var cell = client.Execute("var zero = 0;\nConsole.WriteLine(1 / zero);");
        Assert.Equal("error", cell.Status);
        var shown = cell.Of("error").Single().Content;
        Assert.Equal("DivideByZeroException", shown["ename"]!.GetValue<string>());
        Assert.Contains(
            shown["traceback"]!.AsArray(),
            line => line!.GetValue<string>().StartsWith("-->   2", StringComparison.Ordinal)
        );
        Assert.Equal(shown["evalue"]!.GetValue<string>(), cell.Reply.Text("evalue"));
        Assert.True(JsonNode.DeepEquals(shown["traceback"], cell.Reply.Content["traceback"]));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void StopOnErrorAbortsTheCellsThatWait(bool stop)
    {
        string[] ids =
        [
            client.SendCell("Thread.Sleep(300); throw new Exception(\"stop\");", c => c["stop_on_error"] = stop),
            client.SendCell("1"),
            client.SendCell("2"),
        ];
        // Replies come in order; they are read first, so that Finish of one does not swallow another's.
        var replies = ids.Select(_ => client.Receive(client.Shell)).ToArray();
        Assert.Equal(ids, replies.Select(reply => reply.ParentId));
        Assert.Equal(
            stop ? ["error", "aborted", "aborted"] : ["error", "ok", "ok"],
            replies.Select(reply => reply.Text("status"))
        );
        Assert.Equal("ok", client.Execute("3").Status);
    }

    [Fact]
    public void ADisplayIsUpdatedInItsOwnCellAndInLaterOnes()
    {
        string Id(ClientMessage message) => message.Content["transient"]!["display_id"]!.GetValue<string>();
        string Text(ClientMessage message) => message.Content["data"]!["text/plain"]!.GetValue<string>();
        var first = client.Execute("var shown = display(\"one\"); shown.Update(\"two\");");
        var (display, update) = (first.Of("display_data").Single(), first.Of("update_display_data").Single());
        Assert.Equal(("one", "two"), (Text(display), Text(update)));
        Assert.Equal(Id(display), Id(update));
        var later = client.Execute("shown.Update(\"three\");").Of("update_display_data").Single();
        Assert.Equal(("three", Id(display)), (Text(later), Id(later)));
    }

    [Theory]
    [InlineData("true", true)]
    [InlineData("false", false)]
    public void ClearingOutputSaysWhetherToWait(string argument, bool wait)
    {
        var cell = client.Execute($"display(1); clear_output(wait: {argument}); display(2);");
        Assert.Equal(
            ["display_data", "clear_output", "display_data"],
            cell.Published.Select(message => message.Type).Where(type => type is not ("status" or "execute_input"))
        );
        Assert.Equal(wait, cell.Of("clear_output").Single().Content["wait"]!.GetValue<bool>());
    }

    [Fact]
    public void EveryDisplayHasPlainText()
    {
        var cell = client.Execute("HTML(\"<b>bold</b>\").Display(\"text/html\");");
        Assert.True(cell.Of("display_data").Single().Content["data"]!.AsObject().ContainsKey("text/plain"));
    }

    [Fact]
    public void ReadLineAsksTheClientWithWhatStandsOnTheLine()
    {
        var id = client.SendCell("Console.Write(\"Your name? \"); var name = Console.ReadLine(); $\"Hello {name}\"");
        var question = client.Receive(client.Stdin);
        Assert.Equal(("input_request", "Your name? "), (question.Type, question.Text("prompt")));
        Assert.Equal(id, question.ParentId);
        client.Send(client.Stdin, "input_reply", new JsonObject { ["value"] = "Ada" }, question);
        Assert.Equal("Hello Ada", client.Finish(id).ResultText);
    }

    [Fact]
    public void WhoCannotBeAskedIsToldSo()
    {
        var cell = client.Execute("Console.ReadLine()", c => c["allow_stdin"] = false);
        Assert.Contains("cannot be asked", cell.Reply.Text("evalue"), StringComparison.Ordinal);
    }

    [Fact]
    public void HistoryIsGivenByRangeTailAndPattern()
    {
        var number = client.Execute("var historic = 11;").Reply.Content["execution_count"]!.GetValue<int>();
        client.Execute("historic + 1");
        client.Execute("historic + 1");

        var tail = Ask("""{ "hist_access_type": "tail", "n": 2, "output": true, "raw": true }""");
        Assert.Equal(2, tail.Count);
        Assert.Equal(
            """["historic + 1","12"]""",
            tail[1]![2]!.ToJsonString().Replace("\\u002B", "+", StringComparison.Ordinal)
        );

        var range = Ask(
            $$"""{ "hist_access_type": "range", "session": 0, "start": {{number}}, "stop": {{number + 1}}, "output": false, "raw": true }"""
        );
        Assert.Equal("var historic = 11;", Assert.Single(range)![2]!.GetValue<string>());

        var search =
            """{ "hist_access_type": "search", "pattern": "histor* + ?", "n": 10, "output": false, "raw": true, "unique": UNIQUE }""";
        Assert.Equal(2, Ask(search.Replace("UNIQUE", "false", StringComparison.Ordinal)).Count);
        Assert.Single(Ask(search.Replace("UNIQUE", "true", StringComparison.Ordinal)));

        JsonArray Ask(string content) =>
            client.Ask("history_request", JsonNode.Parse(content)!.AsObject()).Reply.Content["history"]!.AsArray();
    }

    [Fact]
    public void ACommThatNobodyHereSpeaksIsClosed()
    {
        Assert.Empty(client.Ask("comm_info_request").Reply.Content["comms"]!.AsObject());
        var open = new JsonObject
        {
            ["comm_id"] = "c1",
            ["target_name"] = "jupyter.widget",
            ["data"] = new JsonObject(),
        };
        var id = client.Send(client.Shell, "comm_open", open);
        var closed = client.WaitFor(message => message.Type == "comm_close" && message.ParentId == id);
        Assert.Equal("c1", closed.Text("comm_id"));
        var message = new JsonObject { ["comm_id"] = "c1", ["data"] = new JsonObject() };
        id = client.Send(client.Shell, "comm_msg", message);
        client.WaitFor(heard => heard.ParentId == id && KernelClient.IsState(heard, "idle"));
    }

    [Fact]
    public void CursorsCountCodePoints()
    {
        const string Code = "var s = \"😀😀\"; Console.WriteL";
        var points = Code.EnumerateRunes().Count();
        var reply = client
            .Ask("complete_request", new JsonObject { ["code"] = Code, ["cursor_pos"] = points })
            .Reply.Content;
        Assert.Equal(points, reply["cursor_end"]!.GetValue<int>());
        Assert.Equal(points - "WriteL".Length, reply["cursor_start"]!.GetValue<int>());
        Assert.Contains("WriteLine", reply["matches"]!.AsArray().Select(match => match!.GetValue<string>()));
    }

    [Fact]
    public void InspectionTellsWhatANameMeans()
    {
        var request = new JsonObject
        {
            ["code"] = "Console.WriteLine(1)",
            ["cursor_pos"] = 10,
            ["detail_level"] = 0,
        };
        var reply = client.Ask("inspect_request", request).Reply.Content;
        Assert.True(reply["found"]!.GetValue<bool>());
        Assert.Contains("WriteLine", reply["data"]!["text/plain"]!.GetValue<string>(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("var x = 1;", "complete")]
    [InlineData("if (true) {", "incomplete")]
    [InlineData("var = ) 3", "invalid")]
    public void ACellIsCompleteIncompleteOrInvalid(string code, string status) =>
        Assert.Equal(status, client.Ask("is_complete_request", new JsonObject { ["code"] = code }).Status);

    [Fact]
    public void QuestionsAreAnsweredWhileACellRuns()
    {
        using var folder = new TemporaryFolder();
        var signal = Path.Combine(folder.Path, "asked"); // the cell runs for as long as the question takes
        var id = client.SendCell($"while (!System.IO.File.Exists(@\"{signal}\")) Thread.Sleep(10); 5");
        client.WaitFor(message => message.ParentId == id && message.Type == "execute_input");
        var asked = client.Ask("is_complete_request", new JsonObject { ["code"] = "1" });
        Assert.Equal("complete", asked.Status);
        // The one light of a front end must not go out: the cell's state is said again.
        var said = client.WaitFor(message => message.ParentId == id);
        Assert.True(KernelClient.IsState(said, "busy"));
        File.WriteAllText(signal, "");
        Assert.Equal("5", client.Finish(id).ResultText);
    }

    [Theory]
    [InlineData("no_such_request", "{}")]
    [InlineData("execute_request", "{}")]
    [InlineData("execute_request", """{ "code": 5 }""")]
    [InlineData("complete_request", """{ "cursor_pos": "two" }""")]
    [InlineData("history_request", """{ "hist_access_type": "sideways" }""")]
    public void ARequestThatMakesNoSenseIsAnsweredWithAnError(string type, string content)
    {
        var asked = client.Ask(type, JsonNode.Parse(content)!.AsObject());
        Assert.Equal("error", asked.Status);
        Assert.NotEmpty(asked.Reply.Text("evalue"));
        Assert.Equal("ok", client.Execute("1").Status);
    }

    [Fact]
    public void HalfAnEmojiDoesNotBreakTheMessage()
    {
        var cell = client.Execute("Console.WriteLine(\"😀\"[..1]); \"😀\"[1..]");
        Assert.Equal("�\n", cell.Stream());
        Assert.Equal("�", cell.ResultText);
    }

    [Fact]
    public void AMillionLinesNeitherFloodTheClientNorLoseTheEnd()
    {
        var cell = client.Execute("for (var i = 0; i < 1_000_000; i++) Console.WriteLine(i);");
        var text = cell.Stream();
        Assert.StartsWith("0\n1\n2\n", text, StringComparison.Ordinal);
        Assert.EndsWith("\n999998\n999999\n", text, StringComparison.Ordinal);
        Assert.InRange(text.Length, 100_000, 3_000_000);
        Assert.Contains("left out", cell.Stream("stderr"), StringComparison.Ordinal);
        Assert.InRange(cell.Of("stream").Count(), 2, 500);
        Assert.True(KernelClient.IsState(cell.Published[^1], "idle"));
    }
}
