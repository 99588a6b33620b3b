using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text;

/// <summary>
/// Lets TorchSharp's libLibTorchSharp.so load where libstdc++ is older than GCC 13.
/// </summary>
/// <remarks>
/// The library needs the symbol version GLIBCXX_3.4.32 for one symbol only, <c>_ZSt21ios_base_library_initv</c>: an empty
/// marker that makes sure iostreams are initialised, which an older libstdc++ does by itself. Three edits of equal length
/// free the library from it: the version need becomes weak (VER_FLG_WEAK in .gnu.version_r), the symbol loses its version
/// (.gnu.version), and its name becomes that of a harmless function without arguments in libc (.dynstr).
/// Layouts: System V ABI, "Symbol Versioning" in the Linux Standard Base Core specification.
/// Compiled by the build as an inline task, and linked into the tests.
/// </remarks>
public static class LibStdCxxRequirement
{
    public const string Version = "GLIBCXX_3.4.32";
    private const string HarmlessFunction = "sched_yield";
    private const int WeakFlag = 2; // VER_FLG_WEAK
    private const int GlobalVersion = 1; // VER_NDX_GLOBAL

    /// <summary>Changes an image in place. Returns the symbols renamed: none when the version is not needed or already weak.</summary>
    /// <exception cref="InvalidDataException">
    /// The image is not a 64-bit little-endian ELF file with dynamic symbols, or is cut off. It may be changed in part.
    /// </exception>
    public static IReadOnlyList<string> Loosen(byte[] image)
    {
        if (image.Length < 64 || image[0] != 0x7F || image[1] != 'E' || image[4] != 2 || image[5] != 1)
            throw new InvalidDataException("Not a 64-bit little-endian ELF file.");
        try
        {
            return LoosenWhole(image);
        }
        catch (Exception outside) when (outside is ArgumentException || outside is IndexOutOfRangeException)
        {
            throw new InvalidDataException(
                "The ELF file's tables point outside its " + image.Length + " bytes: is it cut off?"
            );
        }
    }

    /// <summary>Loosens a file where a host's libstdc++ asks for it; its time stays, so that a build finds it unchanged.</summary>
    /// <param name="hostLibrary">The host's libstdc++, or null where none was found.</param>
    /// <param name="file">The library to change: a copy, never the package's own file.</param>
    /// <returns>Whether the file was changed.</returns>
    /// <exception cref="InvalidDataException">The file is not what it should be; it stays as it was.</exception>
    public static bool LoosenFileFor(string hostLibrary, string file)
    {
        if (IsOfferedBy(hostLibrary))
            return false;
        var image = File.ReadAllBytes(file);
        if (Loosen(image).Count == 0)
            return false;
        var written = File.GetLastWriteTimeUtc(file);
        File.WriteAllBytes(file + ".new", image);
        File.SetLastWriteTimeUtc(file + ".new", written);
        File.Delete(file); // a process that has the file open keeps the old one
        File.Move(file + ".new", file);
        return true;
    }

    /// <summary>The libstdc++ that the dynamic loader would take on this host, or null.</summary>
    public static string HostLibrary()
    {
        var folders = (Environment.GetEnvironmentVariable("LD_LIBRARY_PATH") ?? "")
            .Split(new[] { ':' }, StringSplitOptions.RemoveEmptyEntries)
            .Concat(new[] { "/usr/lib/x86_64-linux-gnu", "/lib/x86_64-linux-gnu", "/usr/lib64", "/lib64", "/usr/lib" });
        return folders.Select(folder => Path.Combine(folder, "libstdc++.so.6")).FirstOrDefault(File.Exists);
    }

    /// <summary>Whether a libstdc++ offers the version; a library that cannot be found is not judged.</summary>
    public static bool IsOfferedBy(string library)
    {
        if (library == null)
            return true;
        var text = Encoding.GetEncoding(28591).GetString(File.ReadAllBytes(library)); // Latin-1 keeps every byte
        return text.Contains(Version + "\0");
    }

    private static IReadOnlyList<string> LoosenWhole(byte[] image)
    {
        var sections = Sections(image);
        var names = sections[".dynstr"].Offset;
        var versionIndex = WeakenNeed(image, sections[".gnu.version_r"].Offset, names);
        var renamed = new List<string>();
        if (versionIndex < 0)
            return renamed;
        var (symbols, symbolBytes) = sections[".dynsym"];
        var versions = sections[".gnu.version"].Offset;
        for (var i = 0; i < symbolBytes / 24; i++)
        {
            if ((UInt16At(image, versions + 2 * i) & 0x7FFF) != versionIndex)
                continue;
            var at = names + (int)UInt32At(image, symbols + 24 * i);
            var name = StringAt(image, at);
            if (name.Length < HarmlessFunction.Length)
                throw new InvalidDataException("Symbol " + name + " is too short to be renamed in place.");
            Encoding.ASCII.GetBytes(HarmlessFunction + "\0").CopyTo(image, at);
            image[versions + 2 * i] = GlobalVersion;
            image[versions + 2 * i + 1] = 0;
            renamed.Add(name);
        }
        return renamed;
    }

    private static int WeakenNeed(byte[] image, int need, int names)
    {
        while (true)
        {
            var auxiliary = need + (int)UInt32At(image, need + 8);
            for (var i = 0; i < UInt16At(image, need + 2); i++)
            {
                var flags = UInt16At(image, auxiliary + 4);
                if (StringAt(image, names + (int)UInt32At(image, auxiliary + 8)) == Version && (flags & WeakFlag) == 0)
                {
                    image[auxiliary + 4] = (byte)(flags | WeakFlag);
                    return UInt16At(image, auxiliary + 6);
                }
                auxiliary += (int)UInt32At(image, auxiliary + 12);
            }
            var next = UInt32At(image, need + 12);
            if (next == 0)
                return -1;
            if (next > image.Length)
                throw new ArgumentException("The next version need lies outside the file.");
            need += (int)next;
        }
    }

    private static Dictionary<string, (int Offset, int Size)> Sections(byte[] image)
    {
        var table = (int)BitConverter.ToUInt64(image, 0x28);
        var (size, count, nameSection) = (UInt16At(image, 0x3A), UInt16At(image, 0x3C), UInt16At(image, 0x3E));
        var names = (int)BitConverter.ToUInt64(image, table + nameSection * size + 24);
        var sections = new Dictionary<string, (int, int)>();
        for (var i = 0; i < count; i++)
        {
            var header = table + i * size;
            var name = StringAt(image, names + (int)UInt32At(image, header));
            sections[name] = (
                (int)BitConverter.ToUInt64(image, header + 24),
                (int)BitConverter.ToUInt64(image, header + 32)
            );
        }
        foreach (var needed in new[] { ".dynstr", ".dynsym", ".gnu.version", ".gnu.version_r" })
            if (!sections.ContainsKey(needed))
                throw new InvalidDataException("The ELF file has no section " + needed + ".");
        return sections;
    }

    private static int UInt16At(byte[] image, int at) => BitConverter.ToUInt16(image, at);

    private static uint UInt32At(byte[] image, int at) => BitConverter.ToUInt32(image, at);

    private static string StringAt(byte[] image, int at) =>
        Encoding.ASCII.GetString(image, at, Array.IndexOf(image, (byte)0, at) - at);
}

#if !GENREC_TESTS
/// <summary>The build step: loosens the copy in the output where the host needs it, and does nothing elsewhere.</summary>
public sealed class LoosenLibStdCxxRequirement : Microsoft.Build.Utilities.Task
{
    [Microsoft.Build.Framework.Required]
    public string Library { get; set; }

    [Microsoft.Build.Framework.Required]
    public string Stamp { get; set; }

    public override bool Execute()
    {
        var host = LibStdCxxRequirement.HostLibrary();
        try
        {
            if (LibStdCxxRequirement.LoosenFileFor(host, Library))
                Log.LogMessage(
                    Microsoft.Build.Framework.MessageImportance.High,
                    host + " lacks " + LibStdCxxRequirement.Version + ": loosened " + Library
                );
        }
        catch (InvalidDataException unfit)
        {
            Log.LogError(
                Library + ": " + unfit.Message + " Delete the package's folder in the NuGet cache and restore again."
            );
            return false;
        }
        File.WriteAllText(Stamp, host ?? "no libstdc++ found");
        File.SetLastWriteTimeUtc(Stamp, File.GetLastWriteTimeUtc(Library));
        return true;
    }
}
#endif
