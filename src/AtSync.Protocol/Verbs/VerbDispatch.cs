using System.Text;

namespace AtSync.Protocol.Verbs;

/// <summary>
/// Finds the verb of a line. A line with a colon is lower-cased and freed of spaces up to it; one without is lower-cased as a whole. The verb is then told by
/// its beginning, case-sensitively: <c>UPDATE:…</c> is an update, <c>update:META:…</c> is no update:meta, <c>scan foo:bar</c> becomes <c>scanfoo:bar</c>.
/// </summary>
internal static class VerbDispatch
{
    private const int LongestWord = 8;

    public static VerbWord? WordOf(ReadOnlySpan<byte> line)
    {
        var colon = line.IndexOf((byte)':');
        var source = colon < 0 ? line : line[..colon];
        Span<byte> head = stackalloc byte[LongestWord];
        var length = 0;
        var isWhole = true;
        foreach (var b in source)
        {
            if (b == ' ' && colon >= 0)
            {
                continue;
            }

            if (length == head.Length)
            {
                isWhole = false;
                break;
            }

            head[length++] = b is >= (byte)'A' and <= (byte)'Z' ? (byte)(b | 0x20) : b;
        }

        head = head[..length];

        // Four verbs are told by a prefix, with whatever behind it.
        if (head.StartsWith("scan"u8)) { return VerbWord.Scan; }
        if (head.StartsWith("stats"u8)) { return VerbWord.Stats; }
        if (head.StartsWith("monitor"u8)) { return VerbWord.Monitor; }
        if (head.StartsWith("stream"u8)) { return VerbWord.Stream; }
        if (!isWhole) { return null; }
        return colon < 0 ? Bare(head) : WithColon(head, line[colon..]);
    }

    /// <summary>The line as the grammar sees it; the same memory when nothing is to be changed.</summary>
    public static ReadOnlyMemory<byte> Normalise(ReadOnlyMemory<byte> line)
    {
        var span = line.Span;
        var colon = span.IndexOf((byte)':');
        if (colon < 0)
        {
            return span.ContainsAnyInRange((byte)'A', (byte)'Z') || !Ascii.IsValid(span)
                ? Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(span).ToLowerInvariant())
                : line;
        }

        var head = span[..colon];
        if (!head.ContainsAnyInRange((byte)'A', (byte)'Z') && !head.Contains((byte)' '))
        {
            return line;
        }

        var normal = new byte[span.Length];
        var length = 0;
        foreach (var b in head)
        {
            if (b != ' ')
            {
                normal[length++] = b is >= (byte)'A' and <= (byte)'Z' ? (byte)(b | 0x20) : b;
            }
        }

        span[colon..].CopyTo(normal.AsSpan(length));
        return normal.AsMemory(0, length + span.Length - colon);
    }

    /// <summary>
    /// Whether a pattern behind a bare word arrives as it was written: a colon in it would cost the space in front of it, without one it is lower-cased, and that
    /// turns <c>\W</c> into <c>\w</c>.
    /// </summary>
    public static bool IsSafeBehindBareWord(ReadOnlySpan<char> pattern) =>
        Ascii.IsValid(pattern) && !pattern.Contains(':') && !pattern.ContainsAnyInRange('A', 'Z');

    private static VerbWord? Bare(ReadOnlySpan<byte> head) =>
        head.SequenceEqual("pol"u8) ? VerbWord.Pol : head.SequenceEqual("info"u8) ? VerbWord.Info : null;

    private static VerbWord? WithColon(ReadOnlySpan<byte> head, ReadOnlySpan<byte> rest)
    {
        if (head.SequenceEqual("update"u8)) { return rest.StartsWith(":meta:"u8) ? VerbWord.UpdateMeta : VerbWord.Update; }
        if (head.SequenceEqual("llookup"u8)) { return VerbWord.Llookup; }
        if (head.SequenceEqual("lookup"u8)) { return VerbWord.Lookup; }
        if (head.SequenceEqual("plookup"u8)) { return VerbWord.Plookup; }
        if (head.SequenceEqual("notify"u8)) { return Notify(rest); }
        if (head.SequenceEqual("batch"u8)) { return VerbWord.Batch; }
        if (head.SequenceEqual("delete"u8)) { return VerbWord.Delete; }
        if (head.SequenceEqual("sync"u8)) { return rest.StartsWith(":from"u8) ? VerbWord.SyncFrom : null; }
        if (head.SequenceEqual("noop"u8)) { return VerbWord.Noop; }
        if (head.SequenceEqual("from"u8)) { return VerbWord.From; }
        if (head.SequenceEqual("to"u8)) { return VerbWord.To; }
        if (head.SequenceEqual("cram"u8)) { return VerbWord.Cram; }
        if (head.SequenceEqual("pkam"u8)) { return VerbWord.Pkam; }
        if (head.SequenceEqual("config"u8)) { return VerbWord.Config; }
        if (head.SequenceEqual("enroll"u8)) { return VerbWord.Enroll; }
        if (head.SequenceEqual("otp"u8)) { return VerbWord.Otp; }
        if (head.SequenceEqual("keys"u8)) { return VerbWord.Keys; }
        return head.SequenceEqual("info"u8) && (rest.SequenceEqual(":brief"u8) || rest.SequenceEqual(":mtls"u8) || rest.SequenceEqual(":mtlsbrief"u8))
            ? VerbWord.Info
            : null;
    }

    private static VerbWord? Notify(ReadOnlySpan<byte> rest)
    {
        if (rest.StartsWith(":list"u8)) { return VerbWord.NotifyList; }
        if (rest.StartsWith(":status"u8)) { return VerbWord.NotifyStatus; }
        if (rest.StartsWith(":all"u8)) { return VerbWord.NotifyAll; }
        if (rest.StartsWith(":fetch"u8)) { return VerbWord.NotifyFetch; }
        return rest.StartsWith(":remove"u8) ? (rest.StartsWith(":remove:"u8) ? VerbWord.NotifyRemove : null) : VerbWord.Notify;
    }
}
