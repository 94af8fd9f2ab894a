using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using AtSync.Protocol.Verbs;

namespace AtSync.Server.Enrollments;

/// <summary>An enrollment about to be stored.</summary>
/// <param name="Request">What was asked for.</param>
/// <param name="SessionId">Of the connection that asked.</param>
/// <param name="Namespaces">What it may touch.</param>
/// <param name="State">See <see cref="EnrollmentStates"/>.</param>
internal sealed record EnrollmentDraft(
    EnrollParams Request, string SessionId, IReadOnlyList<KeyValuePair<string, string>> Namespaces, string State)
{
    /// <summary>Id of the enrollment that it replaces and that vouches for it, or null.</summary>
    public string? Predecessor { get; init; }
}

/// <summary>Writes and edits the JSON of enrollments. What is not understood is kept.</summary>
internal static class EnrollmentDocument
{
    public const string ApprovedByMember = "approvedBy";
    public const string PredecessorMember = "predecessorEnrollmentId";
    public const string SuccessorMember = "successorEnrollmentId";
    public const string CapArmedMember = "predecessorCapArmedAt";
    public const string HadFirstKeyMember = "hadFirstKey";

    private static readonly JsonWriterOptions Relaxed = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The record of a new enrollment, members in the reference's order.</summary>
    public static byte[] Write(EnrollmentDraft draft)
    {
        var request = draft.Request;
        return Write(json =>
        {
            json.WriteStartObject();
            json.WriteString("sessionId", draft.SessionId);
            json.WriteString("appName", request.AppName);
            json.WriteString("deviceName", request.DeviceName);
            json.WriteStartObject("namespaces");
            foreach (var (name, letters) in draft.Namespaces)
            {
                json.WriteString(name, letters);
            }

            json.WriteEndObject();
            json.WriteString("apkamPublicKey", request.ApkamPublicKey);
            json.WriteString("requestType", "newEnrollment");
            json.WriteStartObject("approval");
            json.WriteString("state", draft.State);
            WriteText(json, ApprovedByMember, draft.Predecessor);
            json.WriteEndObject();
            json.WriteString("encryptedAPKAMSymmetricKey", request.EncryptedApkamSymmetricKey);
            json.WriteNumber("apkamKeysExpiryInMillis", request.ApkamKeysExpiryInMillis ?? 0);
            WriteText(json, "signingAlgo", request.SigningAlgo);
            WriteRaw(json, "apsk", request.ApskJson);
            WriteText(json, "apskLegacy", request.ApskLegacy);
            WriteRaw(json, "metadata", request.MetadataJson);
            WriteText(json, PredecessorMember, draft.Predecessor);
            json.WriteEndObject();
        });
    }

    /// <summary>The record with some members changed.</summary>
    public static byte[] Edit(Enrollment enrollment, Action<JsonObject> edit)
    {
        var document = JsonNode.Parse(enrollment.Json.Span)!.AsObject();
        edit(document);
        return Write(json => document.WriteTo(json));
    }

    /// <summary>The record in another state.</summary>
    public static byte[] InState(Enrollment enrollment, string state, Action<JsonObject>? alsoEdit = null) => Edit(enrollment, document =>
    {
        if (document["approval"] is not JsonObject approval)
        {
            document["approval"] = approval = [];
        }

        approval["state"] = state;
        alsoEdit?.Invoke(document);
    });

    /// <summary>The record of a key that goes with an enrollment: <c>{"value":…,"iv":…}</c>.</summary>
    public static byte[] WriteKey(string value, string? iv) => Write(json =>
    {
        json.WriteStartObject();
        json.WriteString("value", value);
        WriteText(json, "iv", iv);
        json.WriteEndObject();
    });

    public static byte[] Write(Action<Utf8JsonWriter> write)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, Relaxed))
        {
            write(json);
        }

        return buffer.WrittenSpan.ToArray();
    }

    private static void WriteText(Utf8JsonWriter json, string name, string? value)
    {
        if (value is not null)
        {
            json.WriteString(name, value);
        }
    }

    private static void WriteRaw(Utf8JsonWriter json, string name, string? rawJson)
    {
        if (rawJson is not null)
        {
            json.WritePropertyName(name);
            json.WriteRawValue(rawJson);
        }
    }
}
