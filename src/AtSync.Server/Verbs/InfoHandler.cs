using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using AtSync.Protocol;
using AtSync.Protocol.Responses;
using AtSync.Protocol.Verbs;
using AtSync.Server.Sessions;

namespace AtSync.Server.Verbs;

/// <summary>
/// <c>info</c> → <c>data:{"version":"3.17.0","uptimeAsWords":"2 hours 5 seconds","features":[…],"epoch":…,"epochMillis":…,"server":…}</c>;
/// <c>info:brief</c> has <c>uptimeAsMillis</c> instead of the words. Needs no authentication.
/// </summary>
internal static class InfoHandler
{
    public static ValueTask<Response> HandleAsync(InfoVerb verb, Session session)
    {
        if (verb.Form is "mtls" or "mtlsbrief")
        {
            return ValueTask.FromResult(Response.Refuse(AtErrorCodes.IllegalArguments, "this server publishes no mTLS certificate"));
        }

        var now = session.Clock.GetUtcNow();
        var uptime = now - session.Host.StartedAt;
        var payload = session.NewPayload();
        using (var json = new Utf8JsonWriter((IBufferWriter<byte>)payload, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            json.WriteStartObject();
            json.WriteString("version", ServerVersion.Protocol);
            if (verb.Form == "brief")
            {
                json.WriteNumber("uptimeAsMillis", (long)uptime.TotalMilliseconds);
            }
            else
            {
                json.WriteString("uptimeAsWords", Words(uptime));
            }

            WriteFeatures(json);
            if (session.HasServer)
            {
                json.WriteString("epoch", session.Server.Store.EpochId);
                if (session.Server.Store.Origin is { } origin)
                {
                    json.WriteStartObject("epochFrom");
                    json.WriteString("epoch", origin.EpochId);
                    json.WriteNumber("commitId", origin.LastCommitId);
                    json.WriteEndObject();
                }
            }

            json.WriteNumber("epochMillis", now.ToUnixTimeMilliseconds());
            json.WriteString("server", ServerVersion.Product);
            if (session.Caller.Enrollment is { } enrollment)
            {
                json.WritePropertyName("apkam_metadata");
                json.WriteRawValue(enrollment.Json.Span);
            }

            json.WriteEndObject();
        }

        return ValueTask.FromResult(Response.Data(payload.Written));
    }

    private static void WriteFeatures(Utf8JsonWriter json)
    {
        json.WriteStartArray("features");
        foreach (var (name, description) in ServerVersion.Features)
        {
            json.WriteStartObject();
            json.WriteString("name", name);
            json.WriteString("status", "GA");
            json.WriteString("description", description);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    /// <summary>Leading zero units are left out, seconds always said, the plural always used: as the reference does.</summary>
    private static string Words(TimeSpan uptime)
    {
        var words = "";
        foreach (var (count, unit) in new[] { (uptime.Days, "days"), (uptime.Hours, "hours"), (uptime.Minutes, "minutes") })
        {
            if (count > 0 || words.Length > 0)
            {
                words += $"{count} {unit} ";
            }
        }

        return $"{words}{uptime.Seconds} seconds";
    }
}
