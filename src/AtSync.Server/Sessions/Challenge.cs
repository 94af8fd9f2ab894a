using AtSync.Protocol;

namespace AtSync.Server.Sessions;

/// <summary>
/// What <c>from:</c> gave out: lives in memory with its connection, is good for one attempt and for a minute. The reference keeps it in its
/// store, where it can be replayed and, until the expiry job comes by, outlives its time.
/// </summary>
/// <param name="Claimed">The atSign that the peer claims to be.</param>
/// <param name="Text">What has to be signed: <c>_uuid@alice:uuid</c>.</param>
/// <param name="ExpiresAt">A moment of the injected clock.</param>
internal sealed record Challenge(AtSign Claimed, string Text, DateTimeOffset ExpiresAt);
