namespace AtSync.Client.Sync;

/// <summary>What a round did.</summary>
internal sealed class RoundTally
{
    /// <summary>Changes applied, own echoes not counted.</summary>
    public long Pulled { get; set; }

    /// <summary>Edits accepted.</summary>
    public long Pushed { get; set; }

    /// <summary>Conflicts that entered the inbox.</summary>
    public long Conflicts { get; set; }

    /// <summary>Entries received, echoes included: what <see cref="SyncLimits.EntriesPerRoundMax"/> bounds.</summary>
    public long Entries { get; set; }
}
