using System.Text.Json;

namespace GenRec.Notebooks.Tests.Clients;

/// <summary>One run of Jupyter's own kernel test; see <c>kernel_conformance.py</c> for what our kernel is asked.</summary>
public sealed class ConformanceReport(JupyterHome jupyter) : IAsyncLifetime
{
    public sealed record Member(string Outcome, string Text);

    public IReadOnlyDictionary<string, Member> Members { get; private set; } = new Dictionary<string, Member>();

    public async ValueTask InitializeAsync()
    {
        if (!JupyterHome.IsInstalled)
            return;
        var file = Path.Combine(jupyter.Folder, "conformance.json");
        var (_, said) = await jupyter.RunPythonAsync("kernel_conformance.py", file);
        Assert.True(File.Exists(file), said);
        Members = JsonSerializer.Deserialize<Dictionary<string, Member>>(
            await File.ReadAllTextAsync(file),
            JsonSerializerOptions.Web
        )!;
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}

[Collection(JupyterClients.Name)]
public sealed class KernelConformanceTests(ConformanceReport report) : IClassFixture<ConformanceReport>
{
    private const string Pager = "test_pager"; // our kernel has no pager: its help is shown by inspection

    public static TheoryData<string> Passing =>
        [
            "test_kernel_info",
            "test_execute_stdout",
            "test_execute_stderr",
            "test_completion",
            "test_is_complete",
            "test_error",
            "test_execute_result",
            "test_display_data",
            "test_history",
            "test_inspect",
            "test_clear_output",
        ];

    [Theory]
    [MemberData(nameof(Passing))]
    public void JupytersKernelTestPasses(string member)
    {
        JupyterHome.SkipUnlessInstalled();
        Assert.True(report.Members.TryGetValue(member, out var result), "the installed version has no such member");
        Assert.True(result.Outcome == "passed", $"{result.Outcome}: {result.Text}");
    }

    [Fact]
    public void NoMemberIsLeftOutButThePager()
    {
        JupyterHome.SkipUnlessInstalled();
        Assert.Equal(
            [.. Passing.Select(row => row.Data).Append(Pager).Order(StringComparer.Ordinal)],
            report.Members.Keys.Order(StringComparer.Ordinal)
        );
    }
}
