namespace AtSync.Storage.Server;

/// <summary>What an engine with files of its own offers besides <see cref="IStorageEngine"/>.</summary>
public interface IOnlineBackup
{
    /// <summary>
    /// Copies all stores into a folder as they are at one moment, while reads and writes go on: each atSign is whole. Every file is checked and on
    /// disk on return, readable by its owner only. What a failure or the token leaves behind is no backup.
    /// </summary>
    /// <param name="folder">Made when absent; must hold none of the engine's files.</param>
    /// <param name="progress">Told of bytes done.</param>
    /// <param name="cancellationToken">Ends it between steps.</param>
    /// <exception cref="StoreException">A file can't be read or written, or the stores are damaged; the message names the file.</exception>
    ValueTask BackUpAsync(string folder, IProgress<WorkProgress>? progress, CancellationToken cancellationToken);
}
