using System.Globalization;
using System.Text;
using Microsoft.CodeAnalysis;

namespace GenRec.Notebooks.Language;

/// <summary>The documentation of one assembly, read from the .xml file that lies beside it.</summary>
/// <remarks>
/// Only the places of the members are kept, not their text: the framework's largest file alone has 7 MB, of which a
/// reader asks for a few lines. The file is looked at when the first member is asked for.
/// </remarks>
internal sealed class XmlDocumentationFile : DocumentationProvider
{
    private static readonly byte[] Open = "<member name=\""u8.ToArray();
    private static readonly byte[] Close = "</member>"u8.ToArray();

    private readonly string path;
    private readonly Lazy<Dictionary<string, (int Start, int Length)>> members;

    public XmlDocumentationFile(string path)
    {
        this.path = path;
        members = new(() => Read(path));
    }

    public override bool Equals(object? obj) => obj is XmlDocumentationFile other && other.path == path;

    public override int GetHashCode() => StringComparer.Ordinal.GetHashCode(path);

    protected override string GetDocumentationForSymbol(
        string documentationMemberID,
        CultureInfo preferredCulture,
        CancellationToken cancellationToken = default
    )
    {
        if (!members.Value.TryGetValue(documentationMemberID, out var place))
            return "";
        try
        {
            var text = new byte[place.Length];
            using var file = File.OpenHandle(path);
            RandomAccess.Read(file, text, place.Start);
            // Another text at that place: the file was written anew since.
            return text.AsSpan().StartsWith(Open) && text.AsSpan().EndsWith(Close) ? Encoding.UTF8.GetString(text) : "";
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return ""; // rebuilt or removed since
        }
    }

    private static Dictionary<string, (int Start, int Length)> Read(string path)
    {
        var found = new Dictionary<string, (int Start, int Length)>(StringComparer.Ordinal);
        byte[] bytes;
        try
        {
            bytes = File.ReadAllBytes(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return found;
        }
        var at = 0;
        while (Find(bytes, Open, at) is var start && start >= 0)
        {
            var name = start + Open.Length;
            var quote = Find(bytes, "\""u8, name);
            var end = Find(bytes, Close, name);
            if (quote < 0 || end < 0)
                break;
            at = end + Close.Length;
            var id = Encoding.UTF8.GetString(bytes, name, quote - name);
            found[id.Contains('&', StringComparison.Ordinal) ? System.Net.WebUtility.HtmlDecode(id) : id] = (
                start,
                at - start
            );
        }
        return found;
    }

    private static int Find(byte[] bytes, ReadOnlySpan<byte> what, int from)
    {
        var at = bytes.AsSpan(from).IndexOf(what);
        return at < 0 ? -1 : from + at;
    }
}
