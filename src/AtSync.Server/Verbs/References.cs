using System.Text;
using AtSync.Protocol;
using AtSync.Protocol.Responses;
using AtSync.Protocol.Verbs;
using AtSync.Server.Sessions;

namespace AtSync.Server.Verbs;

/// <summary>
/// A value that is a reference, <c>atsign://name.ns@alice</c>, stands for the public record it names. A limited number of steps is followed, so
/// that a circle ends; one that is still a reference then is <c>null</c>, one that names nothing is an error.
/// </summary>
internal static class References
{
    private static ReadOnlySpan<byte> Scheme => "atsign://"u8;

    /// <summary>Only plain values are looked at: inside the JSON of <c>all</c> a reference is a text like any other.</summary>
    public static async ValueTask<Response> FollowAsync(Response found, LookupOperation operation, Session session)
    {
        for (var step = 0; operation == LookupOperation.Value && Target(found) is { } target; step++)
        {
            if (step == session.Limits.ReferenceDepthMax)
            {
                return Response.Null;
            }

            var key = AtKey.Fold($"public:{target}");
            found = RecordAnswer.Of(await session.Server.Store.GetAsync(key, session.Closed), key, operation, session);
        }

        return found;
    }

    /// <summary>What a value refers to; null when it is an ordinary one.</summary>
    public static string? TargetOf(ReadOnlyMemory<byte> value) =>
        value.Length <= AtKey.MaxLength + Scheme.Length && value.Span.StartsWith(Scheme)
            ? Encoding.UTF8.GetString(value.Span[Scheme.Length..])
            : null;

    private static string? Target(Response response) => response is DataResponse { Payload: var payload } ? TargetOf(payload) : null;
}
