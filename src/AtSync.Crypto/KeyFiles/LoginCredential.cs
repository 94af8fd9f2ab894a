using System.Globalization;
using System.Text.Json;

namespace AtSync.Crypto.KeyFiles;

/// <summary>
/// The credential a typed document logs in with: the active <c>privateAuthentication</c> material of its single live enrollment. Typed documents of 4.0 hold
/// <c>enrollments:[{enrollmentId, keys:[{keyId, material:[{role, algorithm, status, bytes}]}]}]</c>; those of 3.3 hold
/// <c>keys:[{keyId, enrollmentId?, keyParts:[{keyPartType, keyAlgorithmType, status, bytes}]}]</c>, the same under other names.
/// </summary>
/// <param name="EnrollmentId">The enrollment; never <c>primary</c>, which is not sent and so is null.</param>
/// <param name="Algorithm">As the file says.</param>
/// <param name="PrivateKey">Its <c>bytes</c>.</param>
/// <param name="PublicKey">Of the same key, or null.</param>
internal sealed record LoginCredential(string? EnrollmentId, string Algorithm, string PrivateKey, string? PublicKey)
{
    public const string Rsa = "rsa2048";

    private const string Primary = "primary";

    /// <summary>Null when no enrollment or more than one is live: then the flat members log in.</summary>
    public static LoginCredential? Find(JsonElement document)
    {
        var live = Keys(document)
            .Where(k => k.EnrollmentId is not null)
            .Select(k => (k.EnrollmentId, Generation: GenerationOf(k.Key), Credential: Read(k.EnrollmentId!, k.Key)))
            .Where(k => k.Credential is not null)
            .GroupBy(k => k.EnrollmentId, StringComparer.Ordinal)
            .Take(2)
            .ToList();
        return live.Count == 1 ? live[0].MaxBy(k => k.Generation).Credential : null;
    }

    private static IEnumerable<(string? EnrollmentId, JsonElement Key)> Keys(JsonElement document)
    {
        foreach (var enrollment in Objects(document, "enrollments"))
        {
            foreach (var key in Objects(enrollment, "keys"))
            {
                yield return (KeyJson.OptionalText(enrollment, KeyMembers.EnrollmentId), key);
            }
        }

        foreach (var key in Objects(document, "keys"))
        {
            yield return (KeyJson.OptionalText(key, KeyMembers.EnrollmentId), key);
        }
    }

    private static LoginCredential? Read(string enrollmentId, JsonElement key)
    {
        var parts = Objects(key, "material").Concat(Objects(key, "keyParts")).ToList();
        foreach (var part in parts)
        {
            if (HasRole(part, "privateAuthentication") && IsActive(part) && AlgorithmOf(part) is { } algorithm && KeyJson.OptionalText(part, "bytes") is { } bytes)
            {
                var half = parts.Where(p => HasRole(p, "publicAuthentication") && AlgorithmOf(p) == algorithm).Select(p => KeyJson.OptionalText(p, "bytes"));
                return new LoginCredential(enrollmentId == Primary ? null : enrollmentId, algorithm, bytes, half.FirstOrDefault());
            }
        }

        return null;
    }

    private static bool HasRole(JsonElement part, string role) =>
        (KeyJson.OptionalText(part, "role") ?? KeyJson.OptionalText(part, "keyPartType")) == role;

    private static string? AlgorithmOf(JsonElement part) => KeyJson.OptionalText(part, "algorithm") ?? KeyJson.OptionalText(part, "keyAlgorithmType");

    /// <summary>The states are an open set; one that is not known is kept, but never picked for use.</summary>
    private static bool IsActive(JsonElement part) => KeyJson.OptionalText(part, "status") is null or "active";

    /// <summary>The last part of <c>role:algorithm:generation</c>.</summary>
    private static int GenerationOf(JsonElement key) =>
        KeyJson.OptionalText(key, "keyId") is { } id && int.TryParse(id.AsSpan(id.LastIndexOf(':') + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var n) ? n : 0;

    private static IEnumerable<JsonElement> Objects(JsonElement parent, string name) =>
        KeyJson.Array(parent, name).Where(e => e.ValueKind == JsonValueKind.Object);
}
