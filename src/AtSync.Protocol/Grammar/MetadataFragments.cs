using System.Text;

namespace AtSync.Protocol.Grammar;

/// <summary>
/// The 24 metadata fragments of <c>update</c>, <c>update:meta</c> and <c>notify</c>, each optional, in this order only:
/// <code>
/// :ttl:INT :ttb:INT :ttr:INT :ccd:BOOL :cAt:ISO :uAt:ISO :eAt:ISO :aAt:ISO :dataSignature:TOK :sharedKeyStatus:TOK :isBinary:BOOL :isEncrypted:BOOL
/// :sharedKeyEnc:TOK :pubKeyCS:TOK :pubKeyHash:TOK :hashingAlgo:TOK :encoding:TOK :encKeyName:TOK :encAlgo:TOK :ivNonce:TOK :skeEncKeyName:TOK
/// :skeEncAlgo:TOK :immutable:BOOL :appMetadata:TOK
/// </code>
/// The grammar of 2024 is the same without cAt, uAt, eAt, aAt, pubKeyHash, hashingAlgo, immutable and appMetadata. The text <c>null</c> of a token is kept:
/// on an existing record it clears the member.
/// </summary>
internal static class MetadataFragments
{
    private const int LongestTag = 15;

    private static readonly byte[][] Tags =
    [
        "ttl"u8.ToArray(), "ttb"u8.ToArray(), "ttr"u8.ToArray(), "ccd"u8.ToArray(), "cAt"u8.ToArray(), "uAt"u8.ToArray(), "eAt"u8.ToArray(), "aAt"u8.ToArray(),
        "dataSignature"u8.ToArray(), "sharedKeyStatus"u8.ToArray(), "isBinary"u8.ToArray(), "isEncrypted"u8.ToArray(), "sharedKeyEnc"u8.ToArray(),
        "pubKeyCS"u8.ToArray(), "pubKeyHash"u8.ToArray(), "hashingAlgo"u8.ToArray(), "encoding"u8.ToArray(), "encKeyName"u8.ToArray(), "encAlgo"u8.ToArray(),
        "ivNonce"u8.ToArray(), "skeEncKeyName"u8.ToArray(), "skeEncAlgo"u8.ToArray(), "immutable"u8.ToArray(), "appMetadata"u8.ToArray(),
    ];

    /// <summary>Takes as many fragments as there are; the caller's grammar fails by itself at one that is malformed or out of order.</summary>
    public static AtMetadata Read(scoped ref VerbReader reader)
    {
        var builder = new AtMetadataBuilder();
        var next = 0;
        while (TryTag(reader.Rest, next, out var tag) && TryFragment(ref reader, tag, ref builder))
        {
            next = tag + 1;
        }

        return next == 0 ? AtMetadata.Empty : builder.Build();
    }

    /// <summary>Writes what is set, in the order of the grammar.</summary>
    /// <exception cref="FormatException">A token holds a colon, an <c>@</c> or white space.</exception>
    public static void Write(scoped ref VerbWriter writer, AtMetadata metadata)
    {
        Number(ref writer, ":ttl:"u8, metadata.Ttl);
        Number(ref writer, ":ttb:"u8, metadata.Ttb);
        Number(ref writer, ":ttr:"u8, metadata.Ttr);
        Flag(ref writer, ":ccd:"u8, metadata.Ccd);
        Time(ref writer, ":cAt:"u8, metadata.CreatedAt);
        Time(ref writer, ":uAt:"u8, metadata.UpdatedAt);
        Time(ref writer, ":eAt:"u8, metadata.ExpiresAt);
        Time(ref writer, ":aAt:"u8, metadata.AvailableAt);
        Token(ref writer, ":dataSignature:"u8, metadata.DataSignature);
        Token(ref writer, ":sharedKeyStatus:"u8, metadata.SharedKeyStatus);
        Flag(ref writer, ":isBinary:"u8, metadata.IsBinary);
        Flag(ref writer, ":isEncrypted:"u8, metadata.IsEncrypted);
        Token(ref writer, ":sharedKeyEnc:"u8, metadata.SharedKeyEnc);
        Token(ref writer, ":pubKeyCS:"u8, metadata.PubKeyCS);
        Token(ref writer, ":pubKeyHash:"u8, metadata.PubKeyHash);
        Token(ref writer, ":hashingAlgo:"u8, metadata.HashingAlgo);
        Token(ref writer, ":encoding:"u8, metadata.Encoding);
        Token(ref writer, ":encKeyName:"u8, metadata.EncKeyName);
        Token(ref writer, ":encAlgo:"u8, metadata.EncAlgo);
        Token(ref writer, ":ivNonce:"u8, metadata.IvNonce);
        Token(ref writer, ":skeEncKeyName:"u8, metadata.SkeEncKeyName);
        Token(ref writer, ":skeEncAlgo:"u8, metadata.SkeEncAlgo);
        Flag(ref writer, ":immutable:"u8, metadata.Immutable);
        Token(ref writer, ":appMetadata:"u8, metadata.AppMetadata);
    }

    /// <summary>Which tag stands at the front as <c>:tag:</c>, from <paramref name="next"/> on: order is part of the grammar.</summary>
    private static bool TryTag(ReadOnlySpan<byte> text, int next, out int tag)
    {
        tag = next;
        if (text.Length < 2 || text[0] != ':')
        {
            return false;
        }

        var head = text.Slice(1, Math.Min(LongestTag + 1, text.Length - 1));
        var length = head.IndexOf((byte)':');
        if (length <= 0)
        {
            return false;
        }

        for (; tag < Tags.Length; tag++)
        {
            if (Tags[tag].Length == length && Ascii.EqualsIgnoreCase(Tags[tag], head[..length]))
            {
                return true;
            }
        }

        return false;
    }

    private static bool TryFragment(scoped ref VerbReader reader, int tag, ref AtMetadataBuilder to)
    {
        var start = reader.Position;
        reader.Position += Tags[tag].Length + 2;
        var isRead = tag switch
        {
            0 => reader.TryNumber([], out to.Ttl, canBeNegative: true),
            1 => reader.TryNumber([], out to.Ttb, canBeNegative: true),
            2 => reader.TryNumber([], out to.Ttr, canBeNegative: true),
            3 => reader.TryFlag([], out to.Ccd),
            4 => reader.TryTime([], out to.CreatedAt),
            5 => reader.TryTime([], out to.UpdatedAt),
            6 => reader.TryTime([], out to.ExpiresAt),
            7 => reader.TryTime([], out to.AvailableAt),
            8 => reader.TryToken([], out to.DataSignature),
            9 => reader.TryToken([], out to.SharedKeyStatus),
            10 => reader.TryFlag([], out to.IsBinary),
            11 => reader.TryFlag([], out to.IsEncrypted),
            12 => reader.TryToken([], out to.SharedKeyEnc),
            13 => reader.TryToken([], out to.PubKeyCS),
            14 => reader.TryToken([], out to.PubKeyHash),
            15 => TryKnownToken(ref reader, out to.HashingAlgo),
            16 => TryKnownToken(ref reader, out to.Encoding),
            17 => reader.TryToken([], out to.EncKeyName),
            18 => TryKnownToken(ref reader, out to.EncAlgo),
            19 => reader.TryToken([], out to.IvNonce),
            20 => reader.TryToken([], out to.SkeEncKeyName),
            21 => TryKnownToken(ref reader, out to.SkeEncAlgo),
            22 => reader.TryFlag([], out to.Immutable),
            _ => reader.TryToken([], out to.AppMetadata),
        };
        if (!isRead)
        {
            reader.Position = start;
        }

        return isRead;
    }

    /// <summary>Names of algorithms are few: the common ones cost no string.</summary>
    private static bool TryKnownToken(scoped ref VerbReader reader, out string? token)
    {
        var length = CharClass.Token(reader.Rest);
        foreach (var known in KnownTokens)
        {
            if (known.Length == length && Ascii.Equals(reader.Rest[..length], known))
            {
                reader.Position += length;
                token = known;
                return true;
            }
        }

        return reader.TryToken([], out token);
    }

    private static readonly string[] KnownTokens = ["AES/CTR/PKCS7Padding", "base64", "sha256", "sha512", "rsa2048", "null"];

    private static void Number(scoped ref VerbWriter writer, ReadOnlySpan<byte> tag, long? value)
    {
        if (value is { } number)
        {
            writer.Literal(tag);
            writer.Number(number);
        }
    }

    private static void Flag(scoped ref VerbWriter writer, ReadOnlySpan<byte> tag, bool? value)
    {
        if (value is { } flag)
        {
            writer.Literal(tag);
            writer.Flag(flag);
        }
    }

    private static void Time(scoped ref VerbWriter writer, ReadOnlySpan<byte> tag, DateTimeOffset? value)
    {
        if (value is { } time)
        {
            writer.Literal(tag);
            writer.Time(time);
        }
    }

    private static void Token(scoped ref VerbWriter writer, ReadOnlySpan<byte> tag, string? value)
    {
        if (value is not null)
        {
            writer.Literal(tag);
            writer.Token(value);
        }
    }
}
