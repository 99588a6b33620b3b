using GenRec.Shared.Data;

namespace GenRec.Cli;

/// <summary>The checkout that the commands work on, found from the working folder or from the program.</summary>
internal static class Repository
{
    /// <summary>Its root.</summary>
    /// <exception cref="UserError">The program runs outside a checkout.</exception>
    public static string Root =>
        DataFolders.Repository
        ?? throw new UserError(
            $"No GenRec.sln above {Environment.CurrentDirectory}. Run the command inside a checkout of the workbook."
        );

    /// <summary>A new folder <c>runs/&lt;name&gt;-&lt;time&gt;</c>.</summary>
    public static string NewRunFolder(string name) =>
        Path.Combine(Root, "runs", $"{name}-{DateTime.Now:yyyyMMdd-HHmmss}");

    /// <summary>A path as a user of the working folder would type it.</summary>
    public static string Shown(string path)
    {
        var relative = Path.GetRelativePath(Environment.CurrentDirectory, path);
        return relative.StartsWith("..", StringComparison.Ordinal) ? path : relative;
    }
}
