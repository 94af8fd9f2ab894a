using Microsoft.Extensions.Hosting;

namespace AtSync.Transport.Kestrel;

/// <summary>Takes the place of the host's console lifetime, which would answer Ctrl-C and SIGTERM: those are the program's.</summary>
internal sealed class NoLifetime : IHostLifetime
{
    public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
