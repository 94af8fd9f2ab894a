using System.Text.Json;
using AtSync.Protocol;

namespace AtSync.Client.Local;

/// <summary>
/// Metadata members that describe how a value is encoded or sealed. A server keeps each of them when an update does not mention it, and a stale one
/// makes the new value unreadable: an edit whose predecessor had one that it has not must clear it by the text <c>null</c>.
/// </summary>
[Flags]
internal enum ClearableMembers
{
    /// <summary>None.</summary>
    None = 0,

    /// <summary><c>dataSignature</c>.</summary>
    DataSignature = 1,

    /// <summary><c>sharedKeyEnc</c>.</summary>
    SharedKeyEnc = 1 << 1,

    /// <summary><c>pubKeyCS</c>.</summary>
    PubKeyCS = 1 << 2,

    /// <summary><c>encoding</c>.</summary>
    Encoding = 1 << 3,

    /// <summary><c>encKeyName</c>.</summary>
    EncKeyName = 1 << 4,

    /// <summary><c>encAlgo</c>.</summary>
    EncAlgo = 1 << 5,

    /// <summary><c>ivNonce</c>.</summary>
    IvNonce = 1 << 6,

    /// <summary><c>skeEncKeyName</c>.</summary>
    SkeEncKeyName = 1 << 7,

    /// <summary><c>skeEncAlgo</c>.</summary>
    SkeEncAlgo = 1 << 8,
}

/// <summary>Finding and clearing them.</summary>
internal static class ClearableMember
{
    private const string Cleared = "null";

    /// <summary>
    /// Members that the JSON object mentions. The text <c>null</c> counts: it may be a clearing that was not pushed yet, and the edit that replaces
    /// that one has to clear again.
    /// </summary>
    public static ClearableMembers Of(ReadOnlySpan<byte> json)
    {
        var found = ClearableMembers.None;
        var reader = new Utf8JsonReader(json);
        try
        {
            while (reader.Read())
            {
                if (reader.TokenType != JsonTokenType.PropertyName || reader.CurrentDepth != 1)
                {
                    continue;
                }

                var member = Named(ref reader);
                reader.Read();
                if (reader.TokenType != JsonTokenType.Null)
                {
                    found |= member;
                }

                reader.Skip();
            }
        }
        catch (JsonException)
        {
            // Metadata that can't be read says nothing about what a server holds; the edit goes on without clearing.
            return ClearableMembers.None;
        }

        return found;
    }

    /// <summary>The metadata with every member of <paramref name="before"/> that it lacks spelled as <c>null</c>.</summary>
    public static AtMetadata Clear(AtMetadata next, ClearableMembers before) => before == ClearableMembers.None
        ? next
        : next with
        {
            DataSignature = Pick(next.DataSignature, ClearableMembers.DataSignature, before),
            SharedKeyEnc = Pick(next.SharedKeyEnc, ClearableMembers.SharedKeyEnc, before),
            PubKeyCS = Pick(next.PubKeyCS, ClearableMembers.PubKeyCS, before),
            Encoding = Pick(next.Encoding, ClearableMembers.Encoding, before),
            EncKeyName = Pick(next.EncKeyName, ClearableMembers.EncKeyName, before),
            EncAlgo = Pick(next.EncAlgo, ClearableMembers.EncAlgo, before),
            IvNonce = Pick(next.IvNonce, ClearableMembers.IvNonce, before),
            SkeEncKeyName = Pick(next.SkeEncKeyName, ClearableMembers.SkeEncKeyName, before),
            SkeEncAlgo = Pick(next.SkeEncAlgo, ClearableMembers.SkeEncAlgo, before),
        };

    private static string? Pick(string? value, ClearableMembers member, ClearableMembers before) =>
        value ?? ((before & member) != 0 ? Cleared : null);

    private static ClearableMembers Named(ref Utf8JsonReader reader) => true switch
    {
        _ when reader.ValueTextEquals("ivNonce"u8) => ClearableMembers.IvNonce,
        _ when reader.ValueTextEquals("encoding"u8) => ClearableMembers.Encoding,
        _ when reader.ValueTextEquals("dataSignature"u8) => ClearableMembers.DataSignature,
        _ when reader.ValueTextEquals("sharedKeyEnc"u8) => ClearableMembers.SharedKeyEnc,
        _ when reader.ValueTextEquals("pubKeyCS"u8) => ClearableMembers.PubKeyCS,
        _ when reader.ValueTextEquals("encKeyName"u8) => ClearableMembers.EncKeyName,
        _ when reader.ValueTextEquals("encAlgo"u8) => ClearableMembers.EncAlgo,
        _ when reader.ValueTextEquals("skeEncKeyName"u8) => ClearableMembers.SkeEncKeyName,
        _ when reader.ValueTextEquals("skeEncAlgo"u8) => ClearableMembers.SkeEncAlgo,
        _ => ClearableMembers.None,
    };
}
