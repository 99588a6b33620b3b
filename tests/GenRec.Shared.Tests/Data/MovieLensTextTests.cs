using System.Text;
using GenRec.Shared.Data.Importers;

namespace GenRec.Shared.Tests.Data;

public class MovieLensTextTests
{
    [Theory]
    [InlineData("1::1193::5::978300760\n1::661::3.5::978300750\n")]
    [InlineData("1\t1193\t5\t978300760\n1\t661\t3.5\t978300750\n")]
    public void BothSeparatorsAreRead(string text)
    {
        using var folder = new TempFolder();
        var (read, _) = MovieLensText.ReadRatings(folder.Write("ratings.dat", text));
        Assert.Equal(["1: 661@978300750/3.5 1193@978300760/5"], DataGen.Rows(read));
    }

    [Fact]
    public void FilmsAndUsersAreReadAsLatin1()
    {
        using var folder = new TempFolder();
        var movies = folder.Write(
            "movies.dat",
            "1::Amélie (2001)::Comedy|Romance\n2::Unseen::Drama\n",
            Encoding.Latin1
        );
        var report = new ImportReport();

        var items = MovieLensText.ReadMovies(movies, ["1"], report);

        Assert.Equal("Amélie (2001)", items.Title(1));
        Assert.Equal(2001, items.Number(1, "year"));
        Assert.Equal(["Comedy", "Romance"], items.Categories(1).Select(path => Assert.Single(path)));
        Assert.Equal(1, report.Unknown);

        var users = MovieLensText.ReadUsers(folder.Write("users.dat", "7::F::25::10::48067\n"), ["7"]);
        Assert.Equal(("F", 25.0), ((string)users["gender"][0], (double)users["age"][0]));
    }

    [Theory]
    [InlineData("1::2::3\n", "3 columns, need 4")]
    [InlineData("1::2::good::4\n", "not a rating")]
    [InlineData("1::2::3::late\n", "not a time")]
    public void ABrokenRatingIsNamed(string text, string message)
    {
        using var folder = new TempFolder();
        var error = Assert.Throws<DataFormatException>(() =>
            MovieLensText.ReadRatings(folder.Write("ratings.dat", text))
        );
        Assert.Equal(1, error.Line);
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void BrokenFilmsAndUsersAreNamed()
    {
        using var folder = new TempFolder();
        var movies = folder.Write("movies.dat", "1::No genres\n");
        Assert.Equal(1, Assert.Throws<DataFormatException>(() => MovieLensText.ReadMovies(movies, ["1"])).Line);
        var users = folder.Write("users.dat", "1::F::old::10::48067\n");
        Assert.Equal(1, Assert.Throws<DataFormatException>(() => MovieLensText.ReadUsers(users, ["1"])).Line);
    }
}
