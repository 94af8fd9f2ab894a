namespace AtSync.Storage.Server;

/// <summary>How far long work got: records of an export or import, bytes of a backup.</summary>
/// <param name="Done">So far.</param>
/// <param name="Total">In all, as known at the beginning.</param>
public readonly record struct WorkProgress(long Done, long Total);
