using AtSync.Protocol;
using AtSync.Protocol.Responses;
using AtSync.Protocol.Verbs;
using AtSync.Server.Enrollments;
using AtSync.Server.Sessions;

namespace AtSync.Server.Verbs;

/// <summary>
/// <c>otp:get[:ttl:ms]</c> → <c>data:A1B2C3</c>, a passcode for one enrollment request; <c>otp:put:&lt;code&gt;[:ttl:ms]</c> → <c>data:ok</c>, one that may be
/// used again. For the owner and for enrollments that hold <c>__manage</c>.
/// </summary>
internal static class OtpHandler
{
    private const int CodeMax = 64;

    public static async ValueTask<Response> HandleAsync(OtpVerb verb, Session session)
    {
        if (EnrollmentAuthority.CheckPasscodes(session.Caller) is { } refusal)
        {
            return Response.Refuse(refusal);
        }

        var passcodes = session.Server.Passcodes;
        if (verb.Operation == "get")
        {
            var (made, noRoom) = await passcodes.NewAsync(verb.TtlMs is { } ms ? EnrollmentLife.Span(ms) : session.Limits.PasscodeLife);
            return noRoom is null ? Response.Data(made) : Response.Refuse(noRoom);
        }

        if (verb.Code is not { Length: <= CodeMax } code)
        {
            return Response.Refuse(AtErrorCodes.IllegalArguments, $"otp:put requires a passcode of 6 to {CodeMax} letters, digits or _");
        }

        return await passcodes.SetSemiPermanentAsync(code, verb.TtlMs is > 0 and var life ? EnrollmentLife.Span(life) : null) is { } full
            ? Response.Refuse(full)
            : Response.Data("ok");
    }
}
