using System.Text.Json;

namespace AtSync.Server.Enrollments;

/// <summary>
/// One enrolled device or app, as stored under <c>&lt;id&gt;.new.enrollments.__manage@owner</c>. Members that this version does not know are kept
/// as they are in <see cref="Json"/>; <see cref="EnrollmentDocument"/> writes it.
/// </summary>
internal sealed class Enrollment
{
    private Enrollment(string id, ReadOnlyMemory<byte> json, JsonElement root)
    {
        Id = id;
        Json = json;
        AppName = Text(root, "appName");
        DeviceName = Text(root, "deviceName");
        ApkamPublicKey = Text(root, "apkamPublicKey");
        SigningAlgo = Text(root, "signingAlgo");
        EncryptedApkamSymmetricKey = Text(root, "encryptedAPKAMSymmetricKey");
        MetadataJson = root.TryGetProperty("metadata", out var metadata) && metadata.ValueKind == JsonValueKind.Object ? metadata.GetRawText() : null;
        KeysExpiryMs = root.TryGetProperty("apkamKeysExpiryInMillis", out var expiry) && expiry.TryGetInt64(out var ms) ? ms : 0;
        Predecessor = Text(root, EnrollmentDocument.PredecessorMember);
        Successor = Text(root, EnrollmentDocument.SuccessorMember);
        PredecessorCapArmedAt = Text(root, EnrollmentDocument.CapArmedMember);
        HadFirstKey = root.TryGetProperty(EnrollmentDocument.HadFirstKeyMember, out var had) && had.ValueKind == JsonValueKind.True;
        if (root.TryGetProperty("approval", out var approval) && approval.ValueKind == JsonValueKind.Object)
        {
            State = Text(approval, "state") ?? "";
            ApprovedBy = Text(approval, EnrollmentDocument.ApprovedByMember);
        }

        var entries = new List<KeyValuePair<string, string>>();
        if (root.TryGetProperty("namespaces", out var namespaces) && namespaces.ValueKind == JsonValueKind.Object)
        {
            foreach (var member in namespaces.EnumerateObject())
            {
                entries.Add(new(member.Name, member.Value.ValueKind == JsonValueKind.String ? member.Value.GetString()! : ""));
            }
        }

        Grants = new NamespaceGrants(entries, id);
    }

    public string Id { get; }

    /// <summary>The stored record, UTF-8.</summary>
    public ReadOnlyMemory<byte> Json { get; }

    public string? AppName { get; }

    public string? DeviceName { get; }

    public string? ApkamPublicKey { get; }

    /// <summary>Algorithm of the key; null means that the command's word counts.</summary>
    public string? SigningAlgo { get; }

    /// <summary>Sealed for those who approve.</summary>
    public string? EncryptedApkamSymmetricKey { get; }

    /// <summary>Its own, as JSON text; null when there is none.</summary>
    public string? MetadataJson { get; }

    /// <summary>Life from the approval on; 0 is without end.</summary>
    public long KeysExpiryMs { get; }

    /// <summary>See <see cref="EnrollmentStates"/>.</summary>
    public string State { get; } = "";

    /// <summary>Id of the enrollment that approved it; null for the atSign's own first key and secret.</summary>
    public string? ApprovedBy { get; }

    /// <summary>Id of the enrollment that it replaces.</summary>
    public string? Predecessor { get; }

    /// <summary>Id of the enrollment that replaces it.</summary>
    public string? Successor { get; }

    /// <summary>When the predecessor's end was set, ISO; null when it was not yet, or there is none.</summary>
    public string? PredecessorCapArmedAt { get; }

    /// <summary>Its revocation took the atSign's first key with it.</summary>
    public bool HadFirstKey { get; }

    public NamespaceGrants Grants { get; }

    /// <summary>When the record ends, or null; a column of the record, not part of the JSON.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }

    public bool IsApproved => State == EnrollmentStates.Approved;

    /// <summary>Nothing but reserved namespaces is kept from it.</summary>
    public bool ReadsEverything => Grants.ReadsEverything;

    public bool May(string key, KeyAccess access) => Grants.Allows(key, access);

    /// <summary>Reads a stored record; null when it is none.</summary>
    public static Enrollment? TryRead(string id, ReadOnlyMemory<byte> json, DateTimeOffset? expiresAt)
    {
        try
        {
            using var document = JsonDocument.Parse(json);
            return document.RootElement.ValueKind == JsonValueKind.Object
                ? new Enrollment(id, json.ToArray(), document.RootElement) { ExpiresAt = expiresAt }
                : null;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return null;
        }
    }

    private static string? Text(JsonElement of, string name) =>
        of.TryGetProperty(name, out var member) && member.ValueKind == JsonValueKind.String ? member.GetString() : null;
}
