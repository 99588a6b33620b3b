using GenRec.Shared.Display;

namespace GenRec.Shared.Data.Worlds;

/// <summary>Chances at one place of a slate, each in <c>[0, 1]</c>.</summary>
/// <param name="Reach">That the user gets there; those that follow are given that.</param>
/// <param name="Skip">Less than three seconds.</param>
/// <param name="Complete">Watched to the end.</param>
/// <param name="Like">Liked.</param>
/// <param name="Follow">Author followed.</param>
/// <param name="Share">Shared.</param>
/// <param name="Comment">Commented.</param>
/// <param name="Dislike">Disliked.</param>
/// <param name="Exit">Leaves after it.</param>
/// <param name="WatchSeconds">Expected seconds, not a chance.</param>
/// <param name="Boredom">What alike videos earlier in the slate take off its appeal, not negative; no chance either.</param>
public sealed record PlaceTruth(
    double Reach,
    double Skip,
    double Complete,
    double Like,
    double Follow,
    double Share,
    double Comment,
    double Dislike,
    double Exit,
    double WatchSeconds,
    double Boredom
) : RichRecord;

/// <summary>What a video really is.</summary>
/// <param name="Quality">Standard normal, independent of duration.</param>
/// <param name="DurationSeconds">Length.</param>
/// <param name="IsClickBait">Draws views that disappoint.</param>
/// <param name="IsViral">Caught by everybody, remembered by nobody.</param>
/// <param name="Topic">Department and topic.</param>
public sealed record VideoTruth(double Quality, double DurationSeconds, bool IsClickBait, bool IsViral, string Topic)
    : RichRecord;

/// <summary>A mean from simulation, and how far to trust it.</summary>
/// <param name="Mean">Mean over the trials.</param>
/// <param name="StandardError">Standard error of the mean.</param>
/// <param name="Trials">Number of independent trials.</param>
public sealed record MonteCarloEstimate(double Mean, double StandardError, int Trials) : RichRecord;
