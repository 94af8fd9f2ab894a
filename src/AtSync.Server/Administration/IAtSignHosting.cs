using AtSync.Protocol;

namespace AtSync.Server.Administration;

/// <summary>Where the atSigns of a server are to be found, as its program arranges it: ports or names, and the atDirectory.</summary>
public interface IAtSignHosting
{
    /// <summary>Hosts a new atSign with a one-time secret of its own, or completes what a crash left half done.</summary>
    ValueTask<HostedPlace> AddAsync(AtSign atSign, CancellationToken cancellationToken);

    /// <summary>
    /// Gives an atSign its place once <paramref name="store"/> put it into the storage (true: it was not there). When that fails nothing has changed.
    /// </summary>
    ValueTask<HostedPlace> HostAsync(AtSign atSign, Func<CancellationToken, ValueTask<bool>> store, CancellationToken cancellationToken);

    /// <summary>Takes it out of the atDirectory, deletes everything it holds, and gives up its place. False when it was not hosted.</summary>
    ValueTask<bool> RemoveAsync(AtSign atSign, CancellationToken cancellationToken);

    /// <summary><c>host:port</c> of a hosted atSign; null when it has none, because the server is not running.</summary>
    string? AddressOf(AtSign atSign);
}

/// <summary>What became of hosting an atSign.</summary>
/// <param name="Address">See <see cref="IAtSignHosting.AddressOf"/>.</param>
/// <param name="Secret">The one-time secret; null once activated.</param>
/// <param name="IsActivated">Whether it was activated.</param>
/// <param name="IsNew">It was not hosted before.</param>
/// <param name="IsRegistered">The atDirectory knows; false: it is told as soon as it can be.</param>
public sealed record HostedPlace(string? Address, string? Secret, bool IsActivated, bool IsNew, bool IsRegistered);
