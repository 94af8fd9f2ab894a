using System.Text;
using AtSync.Protocol;

namespace AtSync.Storage.Server.Portable;

/// <summary>
/// The portable file of one atSign, the same for every engine. One line of text, then frames; numbers are little-endian.
/// <code>
/// atsync-atsign 1 @alice\n
/// frame         u32 length of what follows · u8 kind · payload
/// 1 head        epoch id (32 hex digits) · i64 last commit id · i64 records · i64 bytes
/// 2 row         u8 flags (1 value, 2 available, 4 expires, 8 refresh) · u8 operation · i64 commit id, operation time, version, created, updated
///               · i64 for each of available, expires, refresh that the flags name · u16 key length · u32 metadata length · key · metadata · value
/// 3 notification u8 kind · u8 status · i64 created, expires · i32 attempts · u16 length of id, peer, topic (65535: none) · id · peer
///                · topic · body
/// 4 end         i64 rows · i64 notifications · SHA-256 of every byte before this frame
/// </code>
/// Head first and end last, nothing behind it. Values are the sealed bytes that the server holds. The digest finds damage; it proves no origin.
/// </summary>
internal static class StoreFile
{
    public const int Version = 1;

    /// <summary>A record (5 MB sealed) with its metadata, and room for what later limits may allow.</summary>
    public const int FrameBytesMax = 32 * 1024 * 1024;

    public const int FrameHeadBytes = 5;
    public const int LineBytesMax = 512;
    public const int DigestBytes = 32;
    public const int EpochBytes = 32;
    public const ushort NoTopic = ushort.MaxValue;

    private const string Magic = "atsync-atsign ";

    /// <summary>The first line.</summary>
    public static byte[] FirstLine(AtSign atSign) => Encoding.UTF8.GetBytes($"{Magic}{Version} {atSign}\n");

    /// <summary>Whose the file is, from its first line without the newline.</summary>
    /// <exception cref="StoreException">Not such a file, or one of a newer version.</exception>
    public static AtSign ReadFirstLine(ReadOnlySpan<byte> line)
    {
        var text = Encoding.UTF8.GetString(line);
        var parts = text.StartsWith(Magic, StringComparison.Ordinal) ? text[Magic.Length..].Split(' ') : [];
        if (parts.Length < 2 || !int.TryParse(parts[0], out var version) || version < 1)
        {
            throw Damaged("it does not begin as an export of an atSign does");
        }

        if (version > Version)
        {
            throw new StoreException(StoreFault.NewerVersion,
                $"The export was written by a newer version of this program (format {version}, this one knows {Version}). Nothing was changed.");
        }

        return AtSign.TryParse(parts[1], out var atSign, out _) ? atSign : throw Damaged("it names no atSign");
    }

    /// <summary>The file can't be used.</summary>
    public static StoreException Damaged(string reason) =>
        new(StoreFault.Corrupt, $"The export is damaged: {reason}. Nothing was changed. Take another copy of it.");

    /// <summary>The file ends too early.</summary>
    public static StoreException Truncated() =>
        new(StoreFault.Corrupt, "The export is cut off: its end is missing. Nothing was changed. Take another copy of it.");
}

/// <summary>Kinds of frames.</summary>
internal enum FrameKind : byte
{
    Head = 1,
    Row = 2,
    Notification = 3,
    End = 4,
}

/// <summary>Which optional parts a row has.</summary>
[Flags]
internal enum RowFlags : byte
{
    None = 0,
    Value = 1,
    Available = 2,
    Expires = 4,
    Refresh = 8,
}
