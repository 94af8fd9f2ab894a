namespace AtSync.Storage.Server.Shards;

/// <summary>What atSigns without limits of their own may hold: one for all files of an engine, changed while they are written.</summary>
internal sealed class QuotaDefault
{
    private volatile StoreQuota _value = StoreQuota.Unset;

    /// <summary>The present one.</summary>
    public StoreQuota Value
    {
        get => _value;
        set => _value = value;
    }
}
