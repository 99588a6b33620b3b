using GenRec.Shared.Data.Importers;
using Microsoft.ML.Tokenizers;

namespace GenRec.Shared.Text;

/// <summary>Texts to token numbers, as a sentence encoder wants them.</summary>
internal sealed class TextTokenizer
{
    private readonly Func<string, int, IReadOnlyList<int>> encode;

    private TextTokenizer(int padding, Func<string, int, IReadOnlyList<int>> encode) =>
        (Padding, this.encode) = (padding, encode);

    /// <summary>Token of padding; where it is masked out any number would do.</summary>
    public int Padding { get; }

    /// <summary>Reads a vocabulary.</summary>
    /// <exception cref="DataFormatException">It is damaged, or of an unknown kind.</exception>
    public static TextTokenizer Read(string path, bool lowerCase)
    {
        try
        {
            return path.EndsWith(".txt", StringComparison.Ordinal) ? WordPiece(path, lowerCase) : SentencePiece(path);
        }
        catch (Exception wrong) when (wrong is not (IOException or DataFormatException or OutOfMemoryException))
        {
            throw new DataFormatException(path, $"The tokenizer cannot be read: {wrong.Message}", wrong);
        }
    }

    /// <summary>The tokens of a text with the model's special ones, at most <paramref name="most"/>; a longer text loses its end.</summary>
    public IReadOnlyList<int> Encode(string text, int most) => encode(text, most);

    private static TextTokenizer WordPiece(string path, bool lowerCase)
    {
        var tokenizer = BertTokenizer.Create(path, new BertOptions { LowerCaseBeforeTokenization = lowerCase });
        return new TextTokenizer(
            tokenizer.PaddingTokenId,
            (text, most) =>
            {
                var tokens = tokenizer.EncodeToIds(text, addSpecialTokens: true);
                return tokens.Count <= most ? tokens : [.. tokens.Take(most - 1), tokenizer.SeparatorTokenId];
            }
        );
    }

    private static TextTokenizer SentencePiece(string path)
    {
        if (Path.GetFileName(path) == "sentencepiece.bpe.model")
            throw new DataFormatException(
                path,
                "XLM-R numbers its tokens apart from its SentencePiece model, which is not supported."
            );
        using var file = File.OpenRead(path);
        var tokenizer = SentencePieceTokenizer.Create(file, addBeginningOfSentence: false, addEndOfSentence: true);
        return new TextTokenizer(
            0, // T5's padding
            (text, most) =>
            {
                var tokens = tokenizer.EncodeToIds(text, addBeginningOfSentence: false, addEndOfSentence: true);
                return tokens.Count <= most ? tokens : [.. tokens.Take(most - 1), tokenizer.EndOfSentenceId];
            }
        );
    }
}
