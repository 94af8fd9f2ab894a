using System.Text;
using System.Text.Json;
using AtSync.Protocol;

namespace AtSync.Server.Peers;

/// <summary>
/// The text that a server has to sign to prove to another who it is: since 2026 <c>pol1.</c> and the base64url JSON
/// <c>{"v":"@alice","n":"…"}</c>, which is bound to the one who verifies, so that a proof cannot be carried on to a third; before, a bare UUID.
/// </summary>
internal static class PolChallenge
{
    private const string Bound = "pol1.";

    public static string Make(AtSign verifier, IRandomSource random)
    {
        var json = $"{{\"v\":\"{verifier}\",\"n\":\"{random.NewUuid()}\"}}";
        return Bound + Convert.ToBase64String(Encoding.UTF8.GetBytes(json)).Replace('+', '-').Replace('/', '_');
    }

    /// <summary>Null when the text may be signed for this verifier; nothing else than a challenge is ever signed.</summary>
    public static string? Check(string text, AtSign verifier)
    {
        if (!text.StartsWith(Bound, StringComparison.Ordinal))
        {
            return Guid.TryParseExact(text, "D", out _) ? null : "its challenge is none";
        }

        try
        {
            var bytes = Convert.FromBase64String(text[Bound.Length..].Replace('-', '+').Replace('_', '/'));
            using var json = JsonDocument.Parse(bytes);
            var isBoundToIt = json.RootElement.TryGetProperty("v", out var v) && AtSign.TryParse(v.GetString(), out var named, out _) && named == verifier;
            return !isBoundToIt ? "its challenge is another server's"
                : json.RootElement.TryGetProperty("alg", out var alg) && alg.GetString() is not (null or "rsa2048") ? "it demands another kind of signature"
                : null;
        }
        catch (Exception failure) when (failure is FormatException or JsonException or InvalidOperationException)
        {
            return "its challenge is malformed";
        }
    }
}
