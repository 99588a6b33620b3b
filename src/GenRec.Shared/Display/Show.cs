namespace GenRec.Shared.Display;

/// <summary>Shows values in whatever runs the code: our own notebook host, .NET Interactive, Verso, or a terminal.</summary>
/// <remarks>
/// Our host puts an <c>Action&lt;object&gt;</c> under <see cref="HostKey"/> into the AppContext data, and, where it can replace
/// an output, a <c>Func&lt;object, Action&lt;object&gt;&gt;</c> under <see cref="LiveHostKey"/> that shows a value and returns what
/// replaces it. The other hosts are found by the names of their assemblies, so nothing here refers to them.
/// </remarks>
public static class Show
{
    /// <summary>AppContext key of the host's <c>Action&lt;object&gt;</c>.</summary>
    public const string HostKey = "GenRec.Display";

    /// <summary>AppContext key of the host's <c>Func&lt;object, Action&lt;object&gt;&gt;</c>; optional.</summary>
    public const string LiveHostKey = "GenRec.LiveDisplay";

    /// <summary>Shows a value now, before the cell or program ends; null shows nothing.</summary>
    public static void Display(this object? value)
    {
        if (value is null)
            return;
        if (AppContext.GetData(HostKey) is Action<object> host)
            host(value);
        else if (!DotNetInteractive.TryDisplay(value, out _) && !Verso.TryDisplay(value))
            Console.WriteLine(value is IRichValue rich ? rich.ToText() : value.ToString());
    }

    /// <summary>An output that is replaced as a run goes on; see <see cref="LiveDisplay"/>.</summary>
    public static LiveDisplay Live() => new();

    /// <summary>A live line and bar for long work; see <see cref="LiveProgress"/>.</summary>
    /// <param name="title">What is done; not blank.</param>
    public static LiveProgress Progress(string title) => new(title);

    /// <summary>True in a notebook; false where only a console listens.</summary>
    internal static bool HasHost =>
        AppContext.GetData(HostKey) is not null || DotNetInteractive.IsRunning || Verso.IsRunning;
}
