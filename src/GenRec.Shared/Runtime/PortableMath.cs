namespace GenRec.Shared.Runtime;

/// <summary>Exponential, logarithm and normal quantile that are bit-equal on every machine.</summary>
/// <remarks>
/// <see cref="Math"/> calls the platform's C library for these, and libraries differ in the last bit; where a simulator
/// compares such a number with another, one bit can become another choice. Here only <c>+ - * /</c>, square root and
/// bit operations occur, which IEEE 754 rounds exactly and .NET neither reorders nor contracts. Relative error is a few
/// units in the last place. Slower than <see cref="Math"/>: use it only where the result must not depend on the machine.
/// </remarks>
public static class PortableMath
{
    private const double Ln2High = 0.693147180369123816490; // 33 bits, so that a product with an exponent is exact
    private const double Ln2Low = 1.90821492927058770002e-10;

    /// <summary>e to the power of <paramref name="x"/>.</summary>
    /// <returns>0 below -745, infinity above 709.78.</returns>
    public static double Exp(double x)
    {
        if (double.IsNaN(x))
            return x;
        if (x > 709.782712893384)
            return double.PositiveInfinity;
        if (x < -745.2)
            return 0;
        var power = Math.Floor(x * 1.4426950408889634 + 0.5);
        var rest = x - power * Ln2High - power * Ln2Low; // |rest| <= ln(2) / 2
        var sum = 1.0;
        for (var n = 13; n > 0; n--) // Taylor series by Horner; the next term is below 5e-18
            sum = 1.0 + sum * rest / n;
        return Math.ScaleB(sum, (int)power);
    }

    /// <summary>Natural logarithm.</summary>
    /// <returns>Negative infinity at 0, NaN below 0.</returns>
    public static double Log(double x)
    {
        if (double.IsNaN(x) || x < 0)
            return double.NaN;
        if (x == 0 || double.IsPositiveInfinity(x))
            return x == 0 ? double.NegativeInfinity : x;
        var power = Math.ILogB(x);
        var mantissa = Math.ScaleB(x, -power); // [1, 2)
        if (mantissa > 1.4142135623730951)
            (mantissa, power) = (mantissa * 0.5, power + 1);
        var ratio = (mantissa - 1) / (mantissa + 1); // log m = 2 artanh(ratio), |ratio| < 0.172
        var (square, sum) = (ratio * ratio, 0.0);
        for (var n = 23; n > 0; n -= 2)
            sum = sum * square + 1.0 / n;
        return power * Ln2High + (2 * ratio * sum + power * Ln2Low);
    }

    /// <summary>The value below which a standard normal number falls with probability <paramref name="p"/>.</summary>
    /// <remarks>Algorithm AS 241 (PPND16) of Wichura, Applied Statistics 37 (1988), accurate to about 1e-16.</remarks>
    /// <param name="p">Strictly between 0 and 1.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="p"/> is not between 0 and 1.</exception>
    public static double NormalQuantile(double p)
    {
        if (!(p > 0 && p < 1))
            throw new ArgumentOutOfRangeException(nameof(p), p, "A probability strictly between 0 and 1 is needed.");
        var centre = p - 0.5;
        if (Math.Abs(centre) <= 0.425)
        {
            var near = 0.180625 - centre * centre;
            return centre * Horner(near, NearTop) / Horner(near, NearBottom);
        }
        var root = Math.Sqrt(-Log(centre < 0 ? p : 1 - p));
        var tail =
            root <= 5
                ? Horner(root - 1.6, MiddleTop) / Horner(root - 1.6, MiddleBottom)
                : Horner(root - 5, FarTop) / Horner(root - 5, FarBottom);
        return centre < 0 ? -tail : tail;
    }

    private static double Horner(double x, double[] coefficients)
    {
        var sum = 0.0;
        for (var i = coefficients.Length - 1; i >= 0; i--)
            sum = sum * x + coefficients[i];
        return sum;
    }

    private static readonly double[] NearTop =
    [
        3.3871328727963666080,
        133.14166789178437745,
        1971.5909503065514427,
        13731.693765509461125,
        45921.953931549871457,
        67265.770927008700853,
        33430.575583588128105,
        2509.0809287301226727,
    ];
    private static readonly double[] NearBottom =
    [
        1.0,
        42.313330701600911252,
        687.18700749205790830,
        5394.1960214247511077,
        21213.794301586595867,
        39307.895800092710610,
        28729.085735721942674,
        5226.4952788528545610,
    ];
    private static readonly double[] MiddleTop =
    [
        1.42343711074968357734,
        4.63033784615654529590,
        5.76949722146069140550,
        3.64784832476320460504,
        1.27045825245236838258,
        0.241780725177450611770,
        0.0227238449892691845833,
        7.74545014278341407640e-4,
    ];
    private static readonly double[] MiddleBottom =
    [
        1.0,
        2.05319162663775882187,
        1.67638483018380384940,
        0.689767334985100004550,
        0.148103976427480074590,
        0.0151986665636164571966,
        5.47593808499534494600e-4,
        1.05075007164441684324e-9,
    ];
    private static readonly double[] FarTop =
    [
        6.65790464350110377720,
        5.46378491116411436990,
        1.78482653991729133580,
        0.296560571828504891230,
        0.0265321895265761230930,
        0.00124266094738807843860,
        2.71155556874348757815e-5,
        2.01033439929228813265e-7,
    ];
    private static readonly double[] FarBottom =
    [
        1.0,
        0.599832206555887937690,
        0.136929880922735805310,
        0.0148753612908506148525,
        7.86869131145613259100e-4,
        1.84631831751005468180e-5,
        1.42151175831644588870e-7,
        2.04426310338993978564e-15,
    ];
}
