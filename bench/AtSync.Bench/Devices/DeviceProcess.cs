using System.Diagnostics;
using System.Text;

namespace AtSync.Bench.Devices;

/// <summary>A <see cref="DeviceCommand"/> in a process of its own, seen from the bench.</summary>
internal sealed class DeviceProcess : IAsyncDisposable
{
    private readonly Process _process;
    private readonly StringBuilder _messages = new();

    private DeviceProcess(Process process)
    {
        _process = process;
        process.ErrorDataReceived += (_, line) =>
        {
            if (line.Data is { } text)
            {
                lock (_messages)
                {
                    _messages.AppendLine(text);
                }
            }
        };
        process.BeginErrorReadLine();
    }

    /// <summary>Starts it; returns when its store is open.</summary>
    public static async Task<DeviceProcess> StartAsync(World world, string name, CancellationToken cancellationToken, bool isOffline = false, bool isLive = false)
    {
        string[] arguments =
        [
            "device", world.StoreOf(name), world.KeyFile, world.Server.Ready.Directory, world.Server.Ready.AuthorityFile, World.Owner.ToString(),
            .. isOffline ? ["--offline"] : Array.Empty<string>(), .. isLive ? ["--live"] : Array.Empty<string>(),
        ];
        var start = Command(arguments);
        start.RedirectStandardInput = true;
        start.RedirectStandardOutput = true;
        start.RedirectStandardError = true;
        var device = new DeviceProcess(Process.Start(start)!);
        try
        {
            await device.ReadAnswerAsync(cancellationToken);
            return device;
        }
        catch
        {
            await device.DisposeAsync();
            throw;
        }
    }

    /// <summary>Has a command done; for a device that is not watching.</summary>
    public async Task<DeviceAnswer> DoAsync(string command, CancellationToken cancellationToken)
    {
        await SendAsync(command);
        return await ReadAnswerAsync(cancellationToken);
    }

    public async Task SendAsync(string command)
    {
        await _process.StandardInput.WriteLineAsync(command);
        await _process.StandardInput.FlushAsync();
    }

    public async Task<DeviceAnswer> ReadAnswerAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            var line = await ReadLineAsync(cancellationToken);
            if (!line.StartsWith("event ", StringComparison.Ordinal))
            {
                var answer = DeviceAnswer.Parse(line);
                return answer.Problem is null ? answer : throw new InvalidOperationException($"The device failed: {answer.Problem}");
            }
        }
    }

    /// <summary>Waits for the event of this key; its time on the system's monotonic clock.</summary>
    public async Task<long> ReadEventAsync(string key, CancellationToken cancellationToken)
    {
        while (true)
        {
            var words = (await ReadLineAsync(cancellationToken)).Split(' ');
            if (words is ["event", var changed, var ticks] && changed == key)
            {
                return long.Parse(ticks, System.Globalization.CultureInfo.InvariantCulture);
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        try
        {
            _process.StandardInput.Close();
            using var timeout = new CancellationTokenSource(TimeSpan.FromSeconds(30));
            await _process.WaitForExitAsync(timeout.Token);
        }
        catch (OperationCanceledException)
        {
            _process.Kill();
        }
        catch (IOException)
        {
            // It has ended already.
        }

        _process.Dispose();
    }

    private async Task<string> ReadLineAsync(CancellationToken cancellationToken)
    {
        if (await _process.StandardOutput.ReadLineAsync(cancellationToken) is { } line)
        {
            return line;
        }

        await _process.WaitForExitAsync(cancellationToken);
        throw new InvalidOperationException($"The device ended with {_process.ExitCode}: {_messages}");
    }

    /// <summary>The bench's own executable, however it was started.</summary>
    private static ProcessStartInfo Command(string[] arguments)
    {
        var running = Environment.ProcessPath!;
        return Path.GetFileNameWithoutExtension(running) == "dotnet"
            ? new ProcessStartInfo(running, [Path.Combine(AppContext.BaseDirectory, "AtSync.Bench.dll"), .. arguments])
            : new ProcessStartInfo(running, arguments);
    }
}
