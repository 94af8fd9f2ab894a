namespace AtSync.Client.Sync;

/// <summary>
/// Finds the commit id of a page's last entry without parsing the page, so that the next page can be asked for before this one is applied.
/// </summary>
/// <remarks>Inside a JSON string the quotes of <c>"commitId":</c> would be escaped, so the search can't be fooled by a value; the parser checks the result anyway.</remarks>
internal static class PageTail
{
    /// <summary>The member follows the metadata and is followed by the operation only; no more than this is looked at.</summary>
    private const int TailBytesMax = 4096;

    /// <summary>Whether the page has no entries.</summary>
    public static bool IsEmpty(ReadOnlySpan<byte> page)
    {
        var text = page.Trim((byte)' ');
        return text.SequenceEqual("[]"u8) || text.SequenceEqual("null"u8) || text.IsEmpty || (text[0] == '[' && text[1..].TrimStart(" \r\n\t"u8).SequenceEqual("]"u8));
    }

    /// <summary>The last commit id, or null when there is none to be found.</summary>
    public static long? LastCommitId(ReadOnlySpan<byte> page)
    {
        var tail = page.Length > TailBytesMax ? page[^TailBytesMax..] : page;
        var at = tail.LastIndexOf("\"commitId\":"u8);
        if (at < 0)
        {
            return null;
        }

        var number = tail[(at + "\"commitId\":"u8.Length)..].TrimStart(" \""u8);
        return System.Buffers.Text.Utf8Parser.TryParse(number, out long id, out _) ? id : null;
    }
}
