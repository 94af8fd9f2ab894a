namespace AtSync.Client.Local;

/// <summary>Names of the store's properties that the client's edge keeps.</summary>
internal static class StoreProperties
{
    /// <summary>Which keys the store's records are sealed with (<see cref="KeyRing.Fingerprint"/>).</summary>
    public const string Keys = "edge.keys";

    /// <summary>A name for people.</summary>
    public const string DeviceName = "edge.deviceName";

    /// <summary>Server clock minus ours when last in touch, ms.</summary>
    public const string ClockOffset = "edge.clockOffsetMs";

    /// <summary>End of the last successful round, Unix ms.</summary>
    public const string LastSyncedAt = "edge.lastSyncedAtMs";

    /// <summary>Why the last round failed; absent after a successful one.</summary>
    public const string LastError = "edge.lastError";
}
