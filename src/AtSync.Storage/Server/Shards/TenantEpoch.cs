namespace AtSync.Storage.Server.Shards;

/// <summary>A tenant's epoch and where it comes from.</summary>
internal sealed record TenantEpoch(string Id, EpochOrigin? Origin);
