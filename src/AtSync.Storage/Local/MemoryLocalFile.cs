using AtSync.Protocol;
using AtSync.Storage.Local.Core;
using AtSync.Storage.Local.Memory;

namespace AtSync.Storage.Local;

/// <summary>
/// What a local store in memory holds, apart from whoever has it open: several <see cref="MemoryLocalStore"/> over one file are several
/// processes with one store, and opening it anew after a dispose is a restart.
/// </summary>
public sealed class MemoryLocalFile
{
    /// <summary>An empty store of <paramref name="owner"/>.</summary>
    public MemoryLocalFile(AtSign owner, IRandomSource random)
    {
        ArgumentNullException.ThrowIfNull(random);
        Owner = owner;
        DeviceId = random.NewHexId();
    }

    /// <summary>Whose store it is.</summary>
    public AtSign Owner { get; }

    /// <summary>See <see cref="ILocalStore.DeviceId"/>.</summary>
    public string DeviceId { get; }

    internal MemoryTables Tables { get; } = new();

    /// <summary>Guards the tables, the lock's holder and the list of open stores.</summary>
    internal Lock Sync { get; } = new();

    internal object? SyncLockHolder { get; set; }

    internal List<SignalGate> Open { get; } = [];
}
