using System.Text.Json;
using AtSync.Protocol;
using AtSync.Protocol.Responses;
using AtSync.Protocol.Verbs;
using AtSync.Server.Peers;
using AtSync.Server.Sessions;

namespace AtSync.Server.Verbs;

/// <summary>
/// <c>from:@alice</c> → <c>data:_&lt;uuid&gt;@alice:&lt;uuid&gt;</c>: a claim, and the challenge to prove it. Another atSign gets
/// <c>data:proof:…</c>. May be repeated; an authentication that stands is not touched.
/// </summary>
internal static class FromHandler
{
    /// <summary>Clients above this version read errors as JSON.</summary>
    private static readonly Version LastWithTextErrors = new(3, 0, 37);

    public static async ValueTask<Response> HandleAsync(FromVerb verb, Session session)
    {
        if (verb.ClientConfig is { } config && ReadClientConfig(config, session) is { } malformed)
        {
            return Response.Refuse(malformed);
        }

        if (!AtSign.TryParse(verb.AtSign, out var claimed, out var problem))
        {
            return Response.Refuse(AtErrorCodes.InternalException, problem);
        }

        if (claimed != session.Server.Owner && await session.Server.Blocked.HoldsAsync(claimed, session.Closed))
        {
            return Response.Refuse(AtErrorCodes.Blocked, "Unable to connect", closes: true);
        }

        var random = session.Host.Options.Random;
        var now = session.Clock.GetUtcNow();
        session.Server.Access.Came(now);
        var own = session.Server.Owner;
        var text = $"{session.Id}{claimed}:{(claimed == own ? random.NewUuid() : PolChallenge.Make(own, random))}";
        session.Challenge = new Challenge(claimed, text, now + session.Limits.ChallengeLife);
        return Response.Data(claimed == own ? text : $"proof:{text}");
    }

    private static AtError? ReadClientConfig(string json, Session session)
    {
        try
        {
            using var document = JsonDocument.Parse(json);
            if (document.RootElement.ValueKind != JsonValueKind.Object
                || !document.RootElement.TryGetProperty("version", out var version) || version.ValueKind != JsonValueKind.String)
            {
                return new AtError(AtErrorCodes.InternalError, "clientConfig needs a version (a string)");
            }

            session.HasSaidWho = true;
            session.HasJsonErrors = HasJsonErrors(version.GetString()!);
            return null;
        }
        catch (JsonException)
        {
            return new AtError(AtErrorCodes.InternalException, "clientConfig is not JSON", Closes: true);
        }
    }

    /// <summary>A version that is none gets text, which every client can read.</summary>
    private static bool HasJsonErrors(string version)
    {
        var numbers = version.AsSpan();
        var end = numbers.IndexOfAny('-', '+');
        if (end >= 0)
        {
            numbers = numbers[..end];
        }

        return Version.TryParse(numbers, out var parsed) && parsed > LastWithTextErrors;
    }
}
