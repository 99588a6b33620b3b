using GenRec.Shared.Data.Importers;
using GenRec.Shared.Display;

namespace GenRec.Shared.Data;

/// <summary>What KuaiRand's users did before the log begins, one row a user, oldest video first, the latest 50 kept.</summary>
/// <param name="UserKeys">The source's user numbers, <c>[users]</c>.</param>
/// <param name="ItemKeys">The source's video numbers, entry <c>i</c> for item <c>i + 1</c>.</param>
/// <param name="Lengths">Videos shown to each user before the cut to 50, <c>[users]</c>.</param>
/// <param name="LastTimes">Unix seconds of the last of them, <c>[users]</c>.</param>
/// <param name="Watched">Every video shown, clicked or not.</param>
/// <param name="Liked">Those that were liked.</param>
/// <param name="LongViewed">Those watched for long, by the source's own column <c>long_view</c>.</param>
/// <param name="Report">What was read.</param>
public sealed record KuaiRandHistories(
    IReadOnlyList<string> UserKeys,
    IReadOnlyList<string> ItemKeys,
    int[] Lengths,
    long[] LastTimes,
    Histories Watched,
    Histories Liked,
    Histories LongViewed,
    ImportReport Report
) : RichRecord;
