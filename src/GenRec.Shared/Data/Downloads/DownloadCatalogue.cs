using System.Text.RegularExpressions;
using GenRec.Shared.Display;

namespace GenRec.Shared.Data.Downloads;

/// <summary>The official sources of the papers' data.</summary>
/// <param name="Sources">All sources in the order of the file.</param>
public sealed partial record DownloadCatalogue(IReadOnlyList<DownloadSource> Sources) : RichRecord
{
    private const string Shipped = "downloads.json";

    /// <summary>The catalogue that ships with the library, <c>data/downloads.json</c>.</summary>
    public static DownloadCatalogue Load() => Parse(ShippedData.Read(Shipped), "data/" + Shipped);

    /// <summary>A catalogue of the same form from a file.</summary>
    /// <exception cref="InvalidDataException">An entry is wrong; the message says file, line and what is wrong.</exception>
    public static DownloadCatalogue Load(string path) => Parse(File.ReadAllBytes(path), path);

    /// <summary>One source by its name, or all sources of a data set by its name.</summary>
    /// <exception cref="ArgumentException">There is neither; the message names near ones.</exception>
    public IReadOnlyList<DownloadSource> Find(string name)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        var found = Sources.Where(source => source.Name == name).ToArray();
        if (found.Length == 0)
            found = [.. Sources.Where(source => source.Dataset == name)];
        if (found.Length > 0)
            return found;
        var near = Sources
            .Select(source => source.Name)
            .Where(known => known.StartsWith(name.Split('-')[0], StringComparison.OrdinalIgnoreCase));
        var names = near.Any() ? near : Sources.Select(source => source.Dataset).Distinct();
        throw new ArgumentException($"The catalogue has no '{name}'. It has {string.Join(", ", names)}.", nameof(name));
    }

    private static DownloadCatalogue Parse(byte[] json, string file)
    {
        var records = JsonRecords.Read<DownloadSource>(json, file, "sources");
        var (names, files) = (new HashSet<string>(), new HashSet<(string, string)>());
        foreach (var (source, line) in records)
        {
            var wrong = Wrong(source);
            if (wrong is null && !names.Add(source.Name))
                wrong = $"the name '{source.Name}' is there twice.";
            if (wrong is null && !files.Add((source.Dataset, source.File)))
                wrong = $"{source.Dataset}/{source.File} is there twice.";
            if (wrong is not null)
                throw new InvalidDataException($"{file}:{line}: {wrong}");
        }
        return new DownloadCatalogue([.. records.Select(record => record.Value)]);
    }

    private static string? Wrong(DownloadSource source)
    {
        foreach (var name in new[] { source.Name, source.Dataset })
            if (!Slug().IsMatch(name))
                return $"'{name}' is no name of lower-case letters, digits, '-' and '.'.";
        foreach (var file in (source.Install?.Keys ?? []).Append(source.File))
            if (file.Length == 0 || file != Path.GetFileName(file) || file.Contains('\\') || file is "." or "..")
                return $"'{file}' is no plain file name.";
        if (
            source
                .Urls.Append(source.Page)
                .FirstOrDefault(url => !url.IsAbsoluteUri || url.Scheme is not ("https" or "http")) is
            { } address
        )
            return $"'{address}' is no web address.";
        foreach (var (hex, length) in new[] { (source.Sha256, 64), (source.Md5, 32), (source.GitBlob, 40) })
            if (hex is not null && (hex.Length != length || !Hex().IsMatch(hex)))
                return $"'{hex}' is not {length} lower-case hexadecimal digits.";
        if (source.Bytes < 0)
            return $"the size is {source.Bytes}.";
        return string.IsNullOrWhiteSpace(source.Terms) || string.IsNullOrWhiteSpace(source.Source)
            ? "terms and source must not be blank."
            : null;
    }

    [GeneratedRegex("^[a-z0-9][a-z0-9.-]*$")]
    private static partial Regex Slug();

    [GeneratedRegex("^[0-9a-f]+$")]
    private static partial Regex Hex();
}
