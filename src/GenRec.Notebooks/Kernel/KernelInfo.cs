using System.Reflection;
using System.Text.Json.Nodes;
using GenRec.Notebooks.Kernel.Protocol;

namespace GenRec.Notebooks.Kernel;

/// <summary>How the kernel introduces itself.</summary>
internal static class KernelInfo
{
    /// <summary>The language's name in notebook metadata and kernel specifications.</summary>
    public const string Language = "C#";

    private static readonly string Version =
        typeof(KernelInfo)
            .Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()
            ?.InformationalVersion.Split('+')[0]
        ?? "0";

    /// <summary>The content of <c>kernel_info_reply</c>.</summary>
    public static JsonObject Content() =>
        new()
        {
            ["status"] = "ok",
            ["protocol_version"] = MessageCodec.ProtocolVersion,
            ["implementation"] = "genrec",
            ["implementation_version"] = Version,
            // Front ends write this into notebooks: it is what the committed ones hold, and a version.
            ["language_info"] = new JsonObject
            {
                ["name"] = Language,
                ["version"] = "13.0",
                ["mimetype"] = "text/x-csharp",
                ["file_extension"] = ".cs",
                ["pygments_lexer"] = "csharp",
            },
            ["banner"] = $"GenRec Workbook {Version}: C# with TorchSharp and GenRec.Shared",
            ["help_links"] = new JsonArray(
                Link("C# language reference", "https://learn.microsoft.com/dotnet/csharp/language-reference/"),
                Link("TorchSharp", "https://github.com/dotnet/TorchSharp"),
                Link("Plotly.NET", "https://plotly.net")
            ),
            ["debugger"] = false,
            ["supported_features"] = new JsonArray(),
        };

    private static JsonObject Link(string text, string url) => new() { ["text"] = text, ["url"] = url };
}
