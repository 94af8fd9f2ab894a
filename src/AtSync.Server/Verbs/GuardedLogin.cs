using AtSync.Protocol;
using AtSync.Protocol.Responses;
using AtSync.Server.Sessions;

namespace AtSync.Server.Verbs;

/// <summary>What <c>cram</c> and <c>pkam</c> have in common: an attempt waits its turn, and the guard hears what became of it.</summary>
internal static class GuardedLogin
{
    private static readonly AtError TooMany = new(
        AtErrorCodes.TooManyRequests, "too many wrong proofs for this atSign, and too many wait already (LoginsWaitingMax): try again later", Closes: true);

    /// <param name="session">Whose.</param>
    /// <param name="attempt">Null is a wrong proof; anything else is the answer.</param>
    /// <param name="failure">What a wrong proof is told.</param>
    public static async ValueTask<Response> RunAsync(Session session, Func<ValueTask<Response?>> attempt, string failure)
    {
        var guard = session.Server.LoginGuard;
        if (guard.Enter(session.Address) is not { } wait)
        {
            return Response.Refuse(TooMany);
        }

        try
        {
            if (wait > TimeSpan.Zero)
            {
                await Task.Delay(wait, session.Clock, session.Closed);
            }

            if (await attempt() is { } answer)
            {
                if (session.Caller.IsOwner)
                {
                    guard.Succeeded(session.Address);
                }

                return answer;
            }

            guard.Failed(session.Address);
            return Response.Refuse(session.LoginFailed(failure));
        }
        finally
        {
            guard.Leave();
        }
    }
}
