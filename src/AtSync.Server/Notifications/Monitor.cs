using AtSync.Protocol;
using AtSync.Protocol.Responses;
using AtSync.Server.Sessions;

namespace AtSync.Server.Notifications;

/// <summary>
/// One connection that follows its atSign. It is told the newest commit id only: however many commits happen while a line is on its way, one
/// more line follows. A peer that does not read makes its own loop wait and nobody else.
/// </summary>
internal sealed class Monitor(Session session, KeyFilter? filter) : IAsyncDisposable
{
    private readonly AsyncSignal _signal = new();
    private Task _running = Task.CompletedTask;

    /// <summary>What notifications it wants; statistics come whatever it says.</summary>
    public KeyFilter? Filter { get; set; } = filter;

    public void Start() => _running = RunAsync();

    /// <summary>There is something new, or it is time for a sign of life. Never waits.</summary>
    public void Wake() => _signal.Set();

    public async ValueTask DisposeAsync()
    {
        _signal.Close();
        await _running;
    }

    private async Task RunAsync()
    {
        var line = new AnswerBuffer();
        while (await _signal.WaitAsync())
        {
            var server = session.Server;
            NotificationLine.WriteStats(
                server.Owner, server.Store.LastCommitId, server.Stats.LastWasDelete, session.Clock.GetUtcNow().ToUnixTimeMilliseconds(), line);
            var isOpen = await session.Output.WriteAsync(line.Written);
            line.Release();
            if (!isOpen)
            {
                return;
            }

            ServerTelemetry.StatsSent();
        }
    }
}
