using AtSync.Protocol;
using AtSync.Protocol.Responses;

namespace AtSync.Server.Verbs;

/// <summary><c>stream:…</c>, the file streaming of old, on its way out of the protocol: refused in words that say what to do instead.</summary>
internal static class StreamHandler
{
    public static ValueTask<Response> HandleAsync() => ValueTask.FromResult(Response.Refuse(
        AtErrorCodes.InvalidSyntax, "this server does not serve stream: share the file as records instead"));
}
