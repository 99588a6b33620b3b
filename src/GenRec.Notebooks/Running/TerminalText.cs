using System.Text;

namespace GenRec.Notebooks.Running;

/// <summary>Console text as a terminal shows it: a carriage return goes back and what follows overwrites.</summary>
internal sealed class TerminalText(int most)
{
    private readonly HeadTailText lines = new(most);
    private readonly StringBuilder line = new();
    private int column;

    public void Append(string text)
    {
        var rest = text.Replace("\r\n", "\n", StringComparison.Ordinal).AsSpan();
        while (!rest.IsEmpty)
        {
            var end = rest.IndexOfAny('\n', '\r');
            Put(end < 0 ? rest : rest[..end]);
            if (end < 0)
                break;
            column = 0;
            if (rest[end] == '\n')
                EndLine("\n");
            rest = rest[(end + 1)..];
        }
        if (line.Length > most)
            EndLine("");
    }

    public override string ToString() => lines + line.ToString();

    private void Put(ReadOnlySpan<char> piece)
    {
        var over = Math.Min(piece.Length, line.Length - column);
        line.Remove(column, over).Insert(column, piece);
        column += piece.Length;
    }

    private void EndLine(string end)
    {
        lines.Append(line.Append(end).ToString());
        line.Clear();
        column = 0;
    }
}
