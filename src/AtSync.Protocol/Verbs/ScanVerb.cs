using System.Buffers;
using AtSync.Protocol.Grammar;

namespace AtSync.Protocol.Verbs;

/// <summary><c>scan[:cl][:showhidden:true|false][:@bob][:page:n][ regex]</c>.</summary>
/// <remarks>
/// <code>
/// C: scan:showhidden:true \.wavi
/// S: data:["phone.wavi@alice"]
/// </code>
/// The published pattern is not anchored at its beginning, so the last <c>scan…</c> of a line that begins with the word may be the command.
/// </remarks>
public sealed record ScanVerb : Verb
{
    internal const string Usage = "scan";

    /// <summary><c>:cl</c>: the commit log instead of the keys.</summary>
    public bool CommitLog { get; init; }

    /// <summary><c>showhidden</c>.</summary>
    public bool? ShowHidden { get; init; }

    /// <summary>As typed, with <c>@</c>.</summary>
    public string? ForAtSign { get; init; }

    /// <summary>Accepted and ignored.</summary>
    public long? Page { get; init; }

    /// <summary>No spaces.</summary>
    public string? Regex { get; init; }

    /// <inheritdoc/>
    public override string Word => "scan";

    /// <inheritdoc/>
    public override void WriteTo(IBufferWriter<byte> output)
    {
        var writer = new VerbWriter(output);
        writer.Literal(CommitLog ? "scan:cl"u8 : "scan"u8);

        // A part with a colon in front, even one that says nothing new, keeps the pattern from being changed on the way.
        var isBare = !CommitLog && ForAtSign is null && Page is null;
        if (ShowHidden is not null || (isBare && Regex is not null && !VerbDispatch.IsSafeBehindBareWord(Regex)))
        {
            writer.Literal(":showhidden:"u8);
            writer.Flag(ShowHidden ?? false);
        }

        if (ForAtSign is not null)
        {
            writer.Literal(":@"u8);
            writer.Token(ForAtSign.AsSpan(ForAtSign.StartsWith('@') ? 1 : 0));
        }

        if (Page is { } page)
        {
            writer.Literal(":page:"u8);
            writer.Number(page);
        }

        if (Regex is not null)
        {
            writer.Byte((byte)' ');
            writer.Text(Regex);
        }

        writer.Flush();
    }

    internal static Verb? Parse(ref VerbReader reader)
    {
        for (; !reader.IsAtEnd; reader.Position++)
        {
            var start = reader.Position;
            if (reader.TryTake("scan"u8) && Tail(ref reader) is { } verb)
            {
                return verb;
            }

            reader.Position = start;
        }

        return null;
    }

    private static ScanVerb? Tail(ref VerbReader reader)
    {
        var commitLog = reader.TryTake(":cl"u8);
        reader.TryFlag(":showhidden:"u8, out var hidden);
        reader.TryToken(":@"u8, out var atSign);
        reader.TryNumber(":page:"u8, out var page);
        string? regex = null;
        if (!reader.IsAtEnd)
        {
            if (!reader.TryTake(" "u8) || reader.IsAtEnd || CharClass.NotSpace(reader.Rest) != reader.Rest.Length)
            {
                return null;
            }

            regex = reader.Text(reader.Rest.Length);
        }

        return new ScanVerb { CommitLog = commitLog, ShowHidden = hidden, ForAtSign = atSign is null ? null : "@" + atSign, Page = page, Regex = regex };
    }
}
