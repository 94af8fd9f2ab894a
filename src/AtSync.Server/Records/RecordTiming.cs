using AtSync.Protocol;
using AtSync.Storage.Server;

namespace AtSync.Server.Records;

/// <summary>
/// The times that a write gives a record, by the rules of 2026: what is asserted (<c>cAt uAt eAt aAt</c>) wins and lets the relative member
/// follow; a fresh <c>ttl</c> or <c>ttb</c> counts from now; an axis of which the write says nothing stays where it is.
/// </summary>
/// <param name="Times">The columns.</param>
/// <param name="Ttl">To store with the metadata.</param>
/// <param name="Ttb">To store with the metadata.</param>
internal readonly record struct RecordTiming(RecordTimes Times, long? Ttl, long? Ttb)
{
    /// <summary>The last moment that the date form can spell.</summary>
    private static readonly long LastMs = DateTimeOffset.MaxValue.ToUnixTimeMilliseconds();

    /// <param name="given">The write's metadata.</param>
    /// <param name="old">The times of the live record that is overwritten, or null at a creation.</param>
    /// <param name="kept">Its metadata, or null.</param>
    /// <param name="nowMs">Arrival.</param>
    public static RecordTiming Of(AtMetadata given, RecordTimes? old, AtMetadata? kept, long nowMs)
    {
        var updatedAt = given.UpdatedAt?.ToUnixTimeMilliseconds() ?? nowMs;
        var (availableAt, ttb) = Birth(given, old, kept, nowMs, updatedAt);
        var (expiresAt, ttl) = Expiry(given, old, kept, nowMs, updatedAt);
        return new RecordTiming(
            new RecordTimes(
                Version: old is { } before ? before.Version + 1 : 0,
                CreatedAtMs: given.CreatedAt?.ToUnixTimeMilliseconds() ?? old?.CreatedAtMs ?? nowMs,
                UpdatedAtMs: updatedAt,
                AvailableAtMs: availableAt,
                ExpiresAtMs: expiresAt,
                RefreshAtMs: Refresh(given, old, nowMs)),
            ttl,
            ttb);
    }

    private static (long? AvailableAt, long? Ttb) Birth(AtMetadata given, RecordTimes? old, AtMetadata? kept, long nowMs, long updatedAt)
    {
        if (given.AvailableAt is { } asserted)
        {
            var at = asserted.ToUnixTimeMilliseconds();
            return (at, given.Ttb ?? Positive(at - updatedAt));
        }

        return given.Ttb is { } ttb ? (After(nowMs, ttb), ttb) : (old?.AvailableAtMs, kept?.Ttb);
    }

    private static (long? ExpiresAt, long? Ttl) Expiry(AtMetadata given, RecordTimes? old, AtMetadata? kept, long nowMs, long updatedAt)
    {
        var birth = given.AvailableAt?.ToUnixTimeMilliseconds() is { } ahead && ahead > updatedAt ? ahead : (long?)null;
        if (given.ExpiresAt is { } asserted)
        {
            var at = asserted.ToUnixTimeMilliseconds();
            return (at, given.Ttl ?? Positive(at - (birth ?? updatedAt)));
        }

        return given.Ttl switch
        {
            null => (old?.ExpiresAtMs, kept?.Ttl),
            0 => (null, 0),
            { } ttl => (After(birth ?? After(nowMs, given.Ttb ?? 0), ttl), ttl),
        };
    }

    private static long? Refresh(AtMetadata given, RecordTimes? old, long nowMs) => given.Ttr switch
    {
        null or 0 => old?.RefreshAtMs,
        < 0 => null,
        { } seconds => After(nowMs, seconds > LastMs / 1000 ? LastMs : seconds * 1000),
    };

    private static long? Positive(long ms) => ms > 0 ? ms : null;

    private static long After(long startMs, long ms) => ms >= LastMs - startMs ? LastMs : startMs + ms;
}
