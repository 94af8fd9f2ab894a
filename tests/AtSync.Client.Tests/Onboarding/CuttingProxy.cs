using AtSync.Transport;

namespace AtSync.Client.Tests.Onboarding;

/// <summary>
/// Stands between a client and a server and ends both connections at the n-th command: before the server sees it, or after the server has done it and
/// before the client hears so. That is what a crash of the client looks like from outside.
/// </summary>
internal sealed class CuttingProxy(INetwork network, HostPort server)
{
    private int _seen;

    /// <summary>The command to cut at, counted from 0; null never cuts.</summary>
    public int? CutAt { get; set; }

    /// <summary>The beginning of the command to cut at; null goes by <see cref="CutAt"/> alone.</summary>
    public string? CutAtCommand { get; set; }

    /// <summary>Whether the server still does it.</summary>
    public bool IsDone { get; set; }

    public bool HasCut { get; private set; }

    public async Task HandleAsync(IConnection client)
    {
        await using var inner = await network.DialAsync(server, CancellationToken.None);
        var (from, to) = (new LinePeer(client), new LinePeer(inner));
        // One answer per command and the first prompt: the activation never pipelines.
        await CopyAsync(inner, client);
        while (await from.ReadAsync() is { } line)
        {
            var isCut = _seen++ == CutAt || (CutAtCommand is { } command && line.StartsWith(command, StringComparison.Ordinal));
            HasCut |= isCut;
            if (isCut && !IsDone)
            {
                break;
            }

            await to.WriteAsync(line + "\n");
            if (isCut)
            {
                await inner.Input.ReadAsync();
                break;
            }

            if (!await CopyAsync(inner, client))
            {
                return;
            }
        }

        client.Abort();
        inner.Abort();
    }

    private static async Task<bool> CopyAsync(IConnection from, IConnection to)
    {
        var result = await from.Input.ReadAsync();
        foreach (var segment in result.Buffer)
        {
            await to.Output.WriteAsync(segment);
        }

        from.Input.AdvanceTo(result.Buffer.End);
        return !result.IsCompleted;
    }
}
