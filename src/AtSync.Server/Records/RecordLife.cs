using AtSync.Storage.Server;

namespace AtSync.Server.Records;

/// <summary>Birth and death of records. Whoever reads asks here; the sweep only frees the room.</summary>
internal static class RecordLife
{
    public static bool IsExpired(in RecordTimes times, long nowMs) => IsExpired(times.ExpiresAtMs, nowMs);

    public static bool IsExpired(long? expiresAtMs, long nowMs) => expiresAtMs is { } end && end <= nowMs;

    public static bool IsUnborn(long? availableAtMs, long nowMs) => availableAtMs is { } birth && birth > nowMs;

    /// <summary>Born and not expired.</summary>
    public static bool IsActive(in RecordTimes times, long nowMs) => !IsExpired(times.ExpiresAtMs, nowMs) && !IsUnborn(times.AvailableAtMs, nowMs);
}
