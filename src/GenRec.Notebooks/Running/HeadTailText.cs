using System.Text;

namespace GenRec.Notebooks.Running;

/// <summary>Text of which the start and the end are kept when it grows too long, with a line between that says
/// so.</summary>
internal sealed class HeadTailText(int most)
{
    private readonly int half = most / 2;
    private readonly StringBuilder head = new();
    private readonly StringBuilder tail = new();
    private long leftOutChars;
    private long leftOutLines;

    public bool IsEmpty => head.Length == 0 && tail.Length == 0;

    public void Append(string text)
    {
        var room = leftOutChars == 0 && tail.Length == 0 ? half - head.Length : 0;
        var first = Math.Clamp(room, 0, text.Length);
        head.Append(text, 0, first);
        tail.Append(text, first, text.Length - first);
        if (tail.Length > 2 * half)
            Cut(tail.Length - half);
    }

    public override string ToString()
    {
        if (tail.Length > half)
            Cut(tail.Length - half);
        if (leftOutChars == 0)
            return head.ToString() + tail;
        var open = head.Length > 0 && head[^1] != '\n' ? "\n" : "";
        return $"{head}{open}... {leftOutLines:N0} lines ({leftOutChars:N0} characters) left out ...\n{tail}";
    }

    private void Cut(int characters)
    {
        // To the end of a line where there is one: half a line misleads.
        for (var i = characters; i < Math.Min(tail.Length, characters + 1000); i++)
            if (tail[i - 1] == '\n')
            {
                characters = i;
                break;
            }
        var gone = tail.ToString(0, characters);
        leftOutChars += gone.Length;
        leftOutLines += gone.Count(c => c == '\n');
        tail.Remove(0, characters);
    }
}
