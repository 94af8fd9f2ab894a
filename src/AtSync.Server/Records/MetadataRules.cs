using System.Buffers;
using System.Text.Json;
using AtSync.Protocol;

namespace AtSync.Server.Records;

/// <summary>What the metadata of a write may say, and what of the old metadata lives on under it.</summary>
internal static class MetadataRules
{
    /// <summary>The word that clears a text member.</summary>
    private const string Clear = "null";

    private static ReadOnlySpan<byte> ImmutableMember => "\"immutable\":\"true\""u8;

    /// <summary>Null when a write may carry this metadata.</summary>
    public static AtError? Check(AtMetadata given)
    {
        if (given.Ttl < 0)
        {
            return Wrong("Valid value for TTL should be greater than or equal to 0");
        }

        if (given.Ttb < 0)
        {
            return Wrong("Valid value for TTB should be greater than or equal to 0");
        }

        if (given.Ttr < -1)
        {
            return Wrong("Valid values for TTR are -1 and greater than or equal to 1");
        }

        return given.AppMetadata is null or Clear ? null : CheckAppMetadata(given.AppMetadata);
    }

    /// <summary>
    /// Absent members keep their old value, the text <c>null</c> clears one, <c>isBinary</c> and <c>isEncrypted</c> are what this write says
    /// or false. Times are not decided here.
    /// </summary>
    public static AtMetadata Merge(AtMetadata? old, AtMetadata given)
    {
        old ??= AtMetadata.Empty;
        var ttr = given.Ttr is null or 0 ? old.Ttr : given.Ttr;
        return new AtMetadata
        {
            Ttr = ttr,
            Ccd = ttr is null ? null : given.Ccd ?? old.Ccd ?? false,
            IsBinary = given.IsBinary ?? false,
            IsEncrypted = given.IsEncrypted ?? false,
            DataSignature = Kept(given.DataSignature, old.DataSignature),
            SharedKeyEnc = Kept(given.SharedKeyEnc, old.SharedKeyEnc),
            PubKeyCS = Kept(given.PubKeyCS, old.PubKeyCS),
            PubKeyHash = Kept(given.PubKeyHash, old.PubKeyHash),
            HashingAlgo = Kept(given.HashingAlgo, old.HashingAlgo),
            Encoding = Kept(given.Encoding, old.Encoding),
            EncKeyName = Kept(given.EncKeyName, old.EncKeyName),
            EncAlgo = Kept(given.EncAlgo, old.EncAlgo),
            IvNonce = Kept(given.IvNonce, old.IvNonce),
            SkeEncKeyName = Kept(given.SkeEncKeyName, old.SkeEncKeyName),
            SkeEncAlgo = Kept(given.SkeEncAlgo, old.SkeEncAlgo),
            Immutable = given.Immutable ?? old.Immutable,
            // There is no way to clear this one: `null` says nothing, as for the reference.
            AppMetadata = given.AppMetadata is null or Clear ? old.AppMetadata : given.AppMetadata,
            Unknown = given.Unknown.Count > 0 ? given.Unknown : old.Unknown,
        };
    }

    /// <summary>The stored members as metadata. What was stored was made here, so it can be read.</summary>
    public static AtMetadata Read(ReadOnlySpan<byte> members)
    {
        if (members.IsEmpty)
        {
            return AtMetadata.Empty;
        }

        var length = members.Length + 2;
        var rented = ArrayPool<byte>.Shared.Rent(length);
        try
        {
            rented[0] = (byte)'{';
            members.CopyTo(rented.AsSpan(1));
            rented[length - 1] = (byte)'}';
            return AtMetadataJson.TryRead(rented.AsSpan(0, length), out var metadata, out _) ? metadata : AtMetadata.Empty;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(rented);
        }
    }

    /// <summary>The members as they are stored.</summary>
    public static byte[] Write(AtMetadata metadata)
    {
        using var buffer = new Sessions.AnswerBuffer();
        AtMetadataJson.WriteOwnedMembers(metadata, buffer);
        return buffer.Written.ToArray();
    }

    /// <summary>
    /// Looked for in the stored bytes: quotes inside a value are escaped, so the member cannot be mistaken for one.
    /// </summary>
    public static bool IsImmutable(ReadOnlySpan<byte> members) => members.IndexOf(ImmutableMember) >= 0;

    private static string? Kept(string? given, string? old) => given switch
    {
        null => old,
        Clear => null,
        _ => given,
    };

    private static AtError? CheckAppMetadata(string base64)
    {
        var bytes = new byte[base64.Length / 4 * 3 + 3];
        if (!Convert.TryFromBase64String(base64, bytes, out var count))
        {
            return Wrong("invalid appMetadata: not padded base64");
        }

        try
        {
            using var document = JsonDocument.Parse(bytes.AsMemory(0, count));
            return document.RootElement.ValueKind == JsonValueKind.Object
                && document.RootElement.TryGetProperty("providerId", out var provider)
                && provider.ValueKind == JsonValueKind.String && !string.IsNullOrWhiteSpace(provider.GetString())
                    ? null
                    : Wrong("invalid appMetadata: it must be a JSON object with a providerId");
        }
        catch (JsonException)
        {
            return Wrong("invalid appMetadata: not JSON");
        }
    }

    private static AtError Wrong(string detail) => new(AtErrorCodes.InvalidSyntax, detail);
}
