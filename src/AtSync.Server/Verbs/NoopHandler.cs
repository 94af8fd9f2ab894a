using AtSync.Protocol;
using AtSync.Protocol.Responses;
using AtSync.Protocol.Verbs;
using AtSync.Server.Sessions;

namespace AtSync.Server.Verbs;

/// <summary><c>noop:0</c> → <c>data:ok</c>, after that many milliseconds. Clients send it on monitor connections as a sign of life.</summary>
internal static class NoopHandler
{
    public static async ValueTask<Response> HandleAsync(NoopVerb verb, Session session)
    {
        var max = (long)session.Limits.NoopMax.TotalMilliseconds;
        if (verb.DelayMs > max)
        {
            return Response.Refuse(AtErrorCodes.IllegalArguments, $"noop:<durationInMillis> where the duration maximum is {max} milliseconds");
        }

        if (verb.DelayMs > 0)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(verb.DelayMs), session.Clock, session.Closed);
        }

        return Response.Data("ok");
    }
}
