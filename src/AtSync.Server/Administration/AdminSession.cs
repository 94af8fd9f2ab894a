using System.Text.Json;
using AtSync.Storage.Server;
using AtSync.Transport;

namespace AtSync.Server.Administration;

/// <summary>
/// One request and its answers, each a line of JSON: <c>{"entry":{…}}</c> for each line of a list, <c>{"progress":{"done":1,"total":2}}</c> now and then
/// while it takes long, and at the end <c>{"ok":true,…}</c> or <c>{"ok":false,"fault":"notFound","error":"…"}</c>.
/// </summary>
public static class AdminSession
{
    private static readonly TimeSpan _requestTime = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan _progressInterval = TimeSpan.FromMilliseconds(250);

    /// <summary>Serves one connection: one request. When the other side goes away, what can be given up is.</summary>
    /// <param name="stream">The connection; not closed.</param>
    /// <param name="administration">Does it.</param>
    /// <param name="cancellationToken">Fires when the program ends.</param>
    public static async Task ServeAsync(Stream stream, Administration administration, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(stream);
        ArgumentNullException.ThrowIfNull(administration);
        var lines = new JsonLines(stream, AdminRequest.LineBytesMax);
        using var tooLate = new CancellationTokenSource(_requestTime, administration.TimeProvider);
        using var waiting = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, tooLate.Token);
        ReadOnlyMemory<byte>? line;
        try
        {
            line = await lines.ReadAsync(waiting.Token);
        }
        catch (NetworkException tooLong)
        {
            await WriteAsync(stream, AdminAnswer.Failure(new AdminException(AdminFault.Usage, tooLong.Message)), cancellationToken);
            return;
        }

        if (line is { } request)
        {
            using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            var leaving = CancelWhenGoneAsync(stream, stop);
            try
            {
                await RunAsync(request.ToArray(), administration, answer => WriteAsync(stream, answer, stop.Token), stop.Token);
            }
            catch (Exception failure) when (failure is OperationCanceledException or IOException)
            {
                administration.GivenUp();
            }

            await stop.CancelAsync();
            await leaving;
        }
    }

    /// <summary>Does what a request asks for. Every answer is handed over in turn, the last one included; failures are answers.</summary>
    /// <param name="request">The line.</param>
    /// <param name="administration">Does it.</param>
    /// <param name="answer">Gets each line with its end.</param>
    /// <param name="cancellationToken">Gives up what can be given up.</param>
    public static async Task RunAsync(
        ReadOnlyMemory<byte> request, Administration administration, Func<ReadOnlyMemory<byte>, ValueTask> answer, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(administration);
        ArgumentNullException.ThrowIfNull(answer);
        Action<Utf8JsonWriter> last;
        try
        {
            last = await DoAsync(AdminRequest.Parse(request), administration, answer, cancellationToken);
        }
        catch (AdminException failure)
        {
            last = AdminAnswer.Failure(failure);
        }

        await answer(JsonLines.Format(last));
    }

    private static async Task<Action<Utf8JsonWriter>> DoAsync(
        AdminRequest request, Administration administration, Func<ReadOnlyMemory<byte>, ValueTask> answer, CancellationToken cancellationToken)
    {
        // What is short and changes something is done to its end, whether or not somebody still waits for the answer.
        switch (request.Command)
        {
            case AdminCommand.Add:
                return AdminAnswer.Added(request.AtSign!.Value, await administration.AddAsync(request.AtSign.Value, CancellationToken.None));
            case AdminCommand.List:
                var count = 0;
                await foreach (var entry in administration.ListAsync(cancellationToken))
                {
                    count++;
                    await answer(JsonLines.Format(AdminAnswer.Listed(entry)));
                }

                return AdminAnswer.Ended(count);
            case AdminCommand.Remove:
                return AdminAnswer.Removed(await administration.RemoveAsync(request.AtSign!.Value, CancellationToken.None));
            case AdminCommand.Renew:
                return AdminAnswer.Described(await administration.RenewAsync(request.AtSign!.Value, CancellationToken.None));
            case AdminCommand.SetQuota:
                return AdminAnswer.Described(await administration.SetQuotaAsync(request.AtSign!.Value, request.Quota!, CancellationToken.None));
            case AdminCommand.Export:
                return AdminAnswer.Exported(request, await Watch(
                    progress => administration.ExportAsync(request.AtSign!.Value, request.Path!, progress, cancellationToken)));
            case AdminCommand.Import:
                return AdminAnswer.Imported(await Watch(
                    progress => administration.ImportAsync(request.AtSign!.Value, request.Path!, request.Replaces, progress, cancellationToken)));
            default:
                return AdminAnswer.BackedUp(request, await Watch(progress => administration.BackUpAsync(request.Path!, progress, cancellationToken)));
        }

        async Task<T> Watch<T>(Func<IProgress<WorkProgress>, Task<T>> work)
        {
            var latest = new LatestProgress();
            var running = StartAsync();
            while (!running.IsCompleted)
            {
                await Task.WhenAny(running, Task.Delay(_progressInterval, administration.TimeProvider, CancellationToken.None));
                if (!running.IsCompleted && !cancellationToken.IsCancellationRequested && latest.Take() is { } progress)
                {
                    await answer(JsonLines.Format(AdminAnswer.Progressed(progress)));
                }
            }

            return await running;

            // The work reads and writes files on its thread: it gets one of its own, so that progress can be told meanwhile.
            async Task<T> StartAsync()
            {
                await Task.Yield();
                return await work(latest);
            }
        }
    }

    /// <summary>Nothing more is to be sent; so whatever a read gives, the other side is gone or confused.</summary>
    private static async Task CancelWhenGoneAsync(Stream stream, CancellationTokenSource stop)
    {
        try
        {
            await stream.ReadAtLeastAsync(new byte[1], 1, throwOnEndOfStream: false, stop.Token);
        }
        catch (Exception failure) when (failure is OperationCanceledException or IOException)
        {
            // Done, or gone.
        }

        await stop.CancelAsync();
    }

    private static ValueTask WriteAsync(Stream stream, ReadOnlyMemory<byte> line, CancellationToken cancellationToken) =>
        stream.WriteAsync(line, cancellationToken);

    private static ValueTask WriteAsync(Stream stream, Action<Utf8JsonWriter> members, CancellationToken cancellationToken) =>
        stream.WriteAsync(JsonLines.Format(members), cancellationToken);

    /// <summary>Keeps the latest only: telling it must not slow the work.</summary>
    private sealed class LatestProgress : IProgress<WorkProgress>
    {
        // Guards the value.
        private readonly Lock _gate = new();
        private WorkProgress? _latest;

        public void Report(WorkProgress value)
        {
            lock (_gate)
            {
                _latest = value;
            }
        }

        public WorkProgress? Take()
        {
            lock (_gate)
            {
                var taken = _latest;
                _latest = null;
                return taken;
            }
        }
    }
}
