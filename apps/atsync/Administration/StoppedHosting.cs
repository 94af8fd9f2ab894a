using AtSync.App.Hosting;
using AtSync.Protocol;
using AtSync.Server;
using AtSync.Server.Administration;

namespace AtSync.App.Administration;

/// <summary>
/// A server that does not run: atSigns come and go in its stores. Their places, and what the atDirectory says, follow when it starts, which
/// compares them with what is hosted then.
/// </summary>
internal sealed class StoppedHosting(AtServerHost server) : IAtSignHosting
{
    public ValueTask<HostedPlace> AddAsync(AtSign atSign, CancellationToken cancellationToken) =>
        HostAsync(atSign, stop => server.AddAsync(atSign, CramSecret.Make(), stop), cancellationToken);

    public async ValueTask<HostedPlace> HostAsync(AtSign atSign, Func<CancellationToken, ValueTask<bool>> store, CancellationToken cancellationToken)
    {
        var isNew = await store(cancellationToken);
        var state = await server.DescribeAsync(atSign, cancellationToken)
            ?? throw new InvalidOperationException($"{atSign} was put into the store and is not there.");
        return new HostedPlace(Address: null, state.Secret, state.IsActivated, isNew, IsRegistered: false);
    }

    public ValueTask<bool> RemoveAsync(AtSign atSign, CancellationToken cancellationToken) => server.RemoveAsync(atSign, cancellationToken);

    public string? AddressOf(AtSign atSign) => null;
}
