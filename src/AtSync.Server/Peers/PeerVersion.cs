using System.Text.Json;

namespace AtSync.Server.Peers;

/// <summary>Which fragments a peer's grammar takes: a form that it does not know would be refused for good.</summary>
internal static class PeerVersion
{
    /// <summary><c>pubKeyHash</c>, <c>hashingAlgo</c>.</summary>
    public static readonly Version WithHashes = new(3, 1, 0);

    /// <summary><c>immutable</c>.</summary>
    public static readonly Version WithImmutable = new(3, 4, 0);

    /// <summary><c>cAt</c>, <c>uAt</c>, <c>eAt</c>, <c>aAt</c>.</summary>
    public static readonly Version WithTimes = new(3, 13, 0);

    /// <summary><c>appMetadata</c>.</summary>
    public static readonly Version WithAppMetadata = new(3, 14, 0);

    /// <summary>One that says none: nothing but what all take.</summary>
    public static readonly Version Unknown = new(0, 0);

    /// <summary>From the answer to <c>info</c>; the oldest when it says none.</summary>
    public static Version Read(PeerAnswer answer)
    {
        if (answer.Error is not null)
        {
            return Unknown;
        }

        try
        {
            using var document = JsonDocument.Parse(answer.Payload);
            var text = document.RootElement.GetProperty("version").GetString() ?? "";
            var end = text.IndexOfAny(['-', '+']);
            return Version.TryParse(end < 0 ? text : text[..end], out var version) ? version : Unknown;
        }
        catch (Exception failure) when (failure is JsonException or InvalidOperationException or KeyNotFoundException)
        {
            return Unknown;
        }
    }
}
