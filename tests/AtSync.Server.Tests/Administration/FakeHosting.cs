using AtSync.Protocol;
using AtSync.Server.Administration;

namespace AtSync.Server.Tests.Administration;

/// <summary>Places made of nothing: what is hosted is found under its name.</summary>
internal sealed class FakeHosting(AtServerHost host) : IAtSignHosting
{
    public List<string> Removed { get; } = [];

    public ValueTask<HostedPlace> AddAsync(AtSign atSign, CancellationToken cancellationToken) =>
        HostAsync(atSign, stop => host.AddAsync(atSign, ServerBench.Secret, stop), cancellationToken);

    public async ValueTask<HostedPlace> HostAsync(AtSign atSign, Func<CancellationToken, ValueTask<bool>> store, CancellationToken cancellationToken)
    {
        var isNew = await store(cancellationToken);
        var state = (await host.DescribeAsync(atSign, cancellationToken))!;
        return new HostedPlace(AddressOf(atSign), state.Secret, state.IsActivated, isNew, IsRegistered: true);
    }

    public ValueTask<bool> RemoveAsync(AtSign atSign, CancellationToken cancellationToken)
    {
        Removed.Add(atSign.ToString());
        return host.RemoveAsync(atSign, cancellationToken);
    }

    public string? AddressOf(AtSign atSign) => $"{atSign.Name}.test:1";
}
