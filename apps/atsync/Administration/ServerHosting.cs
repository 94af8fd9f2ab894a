using AtSync.App.Hosting;
using AtSync.Protocol;
using AtSync.Server.Administration;

namespace AtSync.App.Administration;

/// <summary>A running server, as its administration sees it.</summary>
internal sealed class ServerHosting(ServerProgram program) : IAtSignHosting
{
    public async ValueTask<HostedPlace> AddAsync(AtSign atSign, CancellationToken cancellationToken) =>
        Place(await program.HostAsync(atSign, cancellationToken));

    public async ValueTask<HostedPlace> HostAsync(AtSign atSign, Func<CancellationToken, ValueTask<bool>> store, CancellationToken cancellationToken) =>
        Place(await program.HostAsync(atSign, store, cancellationToken));

    public ValueTask<bool> RemoveAsync(AtSign atSign, CancellationToken cancellationToken) => program.RemoveAsync(atSign, cancellationToken);

    public string? AddressOf(AtSign atSign) => program.AddressOf(atSign);

    private static HostedPlace Place(HostOutcome outcome) => new(
        outcome.AtSign.Address, outcome.AtSign.Secret, outcome.AtSign.IsActivated, outcome.IsNew, outcome.IsRegistered);
}
