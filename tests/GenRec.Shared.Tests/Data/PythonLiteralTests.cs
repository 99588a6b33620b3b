using System.Text.Json;
using CsCheck;
using GenRec.Shared.Data.Importers;

namespace GenRec.Shared.Tests.Data;

public class PythonLiteralTests
{
    [Theory]
    [InlineData("{'a': [1, -2.5, 1e3], \"b\": (True, None)}", """{"a":[1,-2.5,1000],"b":[true,null]}""")]
    [InlineData("['it\\'s', \"\\\"q\\\"\", '\\x41\\u00e9\\101\\n\\q']", """["it's","\"q\"","A\u00e9A\n\\q"]""")]
    [InlineData("(u'x', r'\\n', [], {}, )", """["x","\\n",[],{}]""")]
    [InlineData("{1: 2L, 'nan': nan}", """{"1":2,"nan":null}""")]
    [InlineData("'\\ud83d\\ude00\\U0001F600'", "\"\\ud83d\\ude00\\ud83d\\ude00\"")]
    public void LiteralsBecomeJson(string python, string json) =>
        Assert.True(
            JsonElement.DeepEquals(Parse(PythonLiteral.ToJson(python)), Parse(json)),
            PythonLiteral.ToJson(python)
        );

    [Theory]
    [InlineData("{'a': 1", "character 8")]
    [InlineData("['a' 'b']", "character 6")]
    [InlineData("'never ends", "does not end")]
    [InlineData("print('x')", "is no literal")]
    [InlineData("{'a' 1}", "need ':'")]
    [InlineData("[1] 2", "follows")]
    [InlineData("'\\x4'", "escape")]
    [InlineData("1.2.3", "not a number")]
    [InlineData("", "is no literal")]
    [InlineData("{[1]: 2}", "as key")]
    public void AnythingElseIsAnErrorWithItsPlace(string python, string message) =>
        Assert.Contains(
            message,
            Assert.Throws<FormatException>(() => PythonLiteral.ToJson(python)).Message,
            StringComparison.Ordinal
        );

    [Fact]
    public void DeepNestingIsRefused() =>
        Assert.Throws<FormatException>(() => PythonLiteral.ToJson(new string('[', 100_000)));

    [Fact]
    public void AnyTextSurvivesReprAndBack() =>
        Gen
            .String.Where(text => !text.Any(char.IsSurrogate))
            .Sample(text =>
            {
                var repr = "'" + text.Replace("\\", "\\\\").Replace("'", "\\'") + "'";
                Assert.Equal(text, Parse(PythonLiteral.ToJson(repr)).GetString());
            });

    private static JsonElement Parse(string json)
    {
        using var document = JsonDocument.Parse(json);
        return document.RootElement.Clone();
    }
}
