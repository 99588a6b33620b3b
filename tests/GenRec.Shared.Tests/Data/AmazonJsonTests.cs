using GenRec.Shared.Data.Importers;

namespace GenRec.Shared.Tests.Data;

public class AmazonJsonTests
{
    [Fact]
    public void ReviewsOfEveryReleaseAreRead()
    {
        using var folder = new TempFolder();
        var path = folder.WriteGzip(
            "reviews.json.gz",
            """
            {"reviewerID": "A1", "asin": "B1", "overall": 4.0, "unixReviewTime": 1400000000, "reviewText": "é"}
            {"overall": 5.0, "verified": true, "reviewerID": "A1", "asin": "B2", "unixReviewTime": 1300000000}
            {"rating": 3.0, "user_id": "A2", "asin": "B9", "parent_asin": "B3", "timestamp": 1588615855070}
            """
        );
        var (read, report) = AmazonJson.ReadReviews(path);
        Assert.Equal(["A1: B2@1300000000/5 B1@1400000000/4", "A2: B3@1588615855/3"], DataGen.Rows(read));
        Assert.Equal([path], report.Files);
    }

    [Fact]
    public void MetadataOfEveryReleaseIsRead()
    {
        using var folder = new TempFolder();
        var path = folder.Write(
            "meta.json",
            """
            {'asin': 'B1', 'title': 'Kid\'s "best" \xe9', 'price': 3.5, 'brand': u'Acme', 'salesRank': {'Beauty': 12}, 'categories': [['Beauty', 'Nails'], ['Gifts']]}
            {"asin": "B2", "title": "Two", "price": "$1,299.00", "brand": "B", "category": ["Home", "Lamp"], "description": ["a", "b"], "feature": ["f"]}
            {"parent_asin": "B3", "title": "Three", "price": null, "store": "S", "categories": ["X", "Y"], "average_rating": 4.5, "rating_number": 7}
            {"asin": "B2", "title": "again"}
            {"asin": "B7", "title": "of no interest"}
            """
        );
        var report = new ImportReport();

        var items = AmazonJson.ReadMetadata(path, ["B1", "B2", "B3"], report);

        Assert.Equal(["Kid's \"best\" é", "Two", "Three"], new[] { 1, 2, 3 }.Select(items.Title));
        Assert.Equal(["Acme", "B", "S"], new[] { 1, 2, 3 }.Select(items.Brand));
        Assert.Equal([3.5, 1299.0, null], new[] { 1, 2, 3 }.Select(items.Price));
        Assert.Equal(
            [
                ["Beauty", "Nails"],
                ["Gifts"],
            ],
            items.Categories(1)
        );
        Assert.Equal(
            [
                ["X", "Y"],
            ],
            items.Categories(3)
        );
        Assert.Equal("a\nb", items.Description(2));
        Assert.Equal(("Beauty", 12.0), (items.Text(1, "salesGroup"), items.Number(1, "salesRank")));
        Assert.Equal((1, 1, 5), (report.Duplicates, report.Unknown, report.Lines));
    }

    [Theory]
    [InlineData("{\"reviewerID\": \"A1\", \"asin\": ", "not a JSON object")]
    [InlineData("[1]", "need an object")]
    [InlineData("{\"asin\": \"B\", \"unixReviewTime\": 1}", "No user")]
    [InlineData("{\"user_id\": \"A\", \"timestamp\": 1}", "No item")]
    [InlineData("{\"user_id\": \"A\", \"asin\": \"B\", \"timestamp\": \"today\"}", "No time")]
    public void ABrokenReviewIsNamed(string line, string message)
    {
        using var folder = new TempFolder();
        var good = "{\"user_id\": \"A\", \"asin\": \"B\", \"timestamp\": 1000}\n";
        var path = folder.Write("reviews.json", good + line);

        var error = Assert.Throws<DataFormatException>(() => AmazonJson.ReadReviews(path));
        Assert.Equal((path, 2L), (error.File, error.Line));
        Assert.Contains(message, error.Message, StringComparison.Ordinal);

        var skipping = new ImportOptions { Malformed = MalformedLines.Skip };
        var (read, report) = AmazonJson.ReadReviews(path, skipping);
        Assert.Equal((1, 1), (read.Count, report.Malformed));
    }
}
