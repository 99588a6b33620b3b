using System.Text;

namespace GenRec.Cli.Notes;

/// <summary>Text files that a user hands to a command.</summary>
internal static class TextFile
{
    private static readonly UTF8Encoding Strict = new(false, throwOnInvalidBytes: true);

    /// <summary>The text of a UTF-8 file, without a byte order mark.</summary>
    /// <exception cref="UserError">It is not UTF-8; the message names file and line.</exception>
    public static string Read(string path)
    {
        var bytes = File.ReadAllBytes(path);
        try
        {
            return Strict.GetString(bytes).TrimStart('\uFEFF');
        }
        catch (DecoderFallbackException error)
        {
            var line = 1 + bytes.AsSpan(0, Math.Clamp(error.Index, 0, bytes.Length)).Count((byte)'\n');
            throw new UserError($"{path}:{line}: this is not UTF-8. Save the file as UTF-8; nothing was added.");
        }
    }
}
