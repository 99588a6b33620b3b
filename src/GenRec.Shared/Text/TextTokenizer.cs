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
        var tokenizer = LoadSentencePiece(File.ReadAllBytes(path));
        return new TextTokenizer(
            0, // T5's padding
            (text, most) =>
            {
                var tokens = tokenizer.EncodeToIds(text, addBeginningOfSentence: false, addEndOfSentence: true);
                return tokens.Count <= most ? tokens : [.. tokens.Take(most - 1), tokenizer.EndOfSentenceId];
            }
        );
    }

    /// <summary>
    /// Loads a model. T5's have no token for a beginning (its id is -1), where the library's unigram model reads outside an
    /// array; a second <c>trainer_spec</c> with <c>bos_id = 0</c>, which merges into the first as protobuf defines, mends it.
    /// The beginning is never written, so that its number does not matter.
    /// </summary>
    private static SentencePieceTokenizer LoadSentencePiece(byte[] model)
    {
        try
        {
            return Load(model);
        }
        catch (IndexOutOfRangeException)
        {
            return Load([.. model, 0x12, 0x03, 0xC8, 0x02, 0x00]); // field 2 of 3 bytes: field 41 is 0
        }

        static SentencePieceTokenizer Load(byte[] bytes)
        {
            using var stream = new MemoryStream(bytes);
            return SentencePieceTokenizer.Create(stream, addBeginningOfSentence: false, addEndOfSentence: true);
        }
    }
}
