using GenRec.Notebooks.Cells;
using GenRec.Notebooks.Figures;
using GenRec.Shared.Runtime;

namespace GenRec.Notebooks.Sessions;

/// <summary>What library code finds in the AppContext, so that it can show values without knowing this
/// engine.</summary>
internal static class DisplayContract
{
    /// <summary>An <c>Action&lt;object&gt;</c> that shows a value.</summary>
    public const string Display = "GenRec.Display";

    /// <summary>A <c>Func&lt;object, Action&lt;object&gt;&gt;</c> that shows a value and returns what replaces
    /// it.</summary>
    public const string Live = "GenRec.LiveDisplay";

    /// <summary>A <c>Func&lt;string, byte[]?&gt;</c> that draws plotly JSON as PNG; null where no browser is.</summary>
    public const string Picture = "GenRec.Picture";

    private static readonly Lock Gate = new();
    private static int users;

    /// <summary>Offers the contract until the result is disposed.</summary>
    public static IDisposable Use()
    {
        lock (Gate)
        {
            if (users++ == 0)
                Set(
                    value => CellFunctions.display(value),
                    Show,
                    () => CellFunctions.Cancellation,
                    PlotlyPictures.TryDraw
                );
        }
        return new Lease();
    }

    private static Action<object> Show(object value) => CellFunctions.display(value).Update;

    private static void Set(
        Action<object>? display,
        Func<object, Action<object>>? live,
        Func<CancellationToken>? token,
        Func<string, byte[]?>? picture
    )
    {
        AppContext.SetData(Display, display);
        AppContext.SetData(Live, live);
        AppContext.SetData(HostCancellation.HostKey, token);
        AppContext.SetData(Picture, picture);
    }

    private sealed class Lease : IDisposable
    {
        private int disposed;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref disposed, 1) != 0)
                return;
            lock (Gate)
            {
                if (--users == 0)
                    Set(null, null, null, null);
            }
        }
    }
}
