using GenRec.Shared.Data.Slates;
using GenRec.Shared.Data.Worlds;
using GenRec.Shared.Runtime;

namespace GenRec.Shared.Tests.Worlds;

/// <summary>A small feed that several tests look at, and slates at random.</summary>
internal static class FeedSamples
{
    private static readonly Lazy<FeedWorld> smoke = new(() => FeedWorld.Create(FeedPreset.Smoke));

    public static FeedWorld Smoke => smoke.Value;

    /// <summary>A slate of different items, the same for the same number.</summary>
    public static int[] Slate(int number, int length = 5)
    {
        int[] items = [.. Enumerable.Range(1, FeedPreset.Smoke.Items)];
        new CounterRandom(77).Shuffle(items.AsSpan(), (ulong)number);
        return items[..length];
    }

    /// <summary>The same slate for everybody.</summary>
    public sealed class Fixed(params int[] slate) : ISlatePolicy
    {
        public string Name => "fixed";

        public void Choose(SlateRequests requests, SlateChoices choices)
        {
            for (var r = 0; r < requests.Count; r++)
                slate.CopyTo(choices.Items, r * requests.SlateLength);
        }
    }
}
