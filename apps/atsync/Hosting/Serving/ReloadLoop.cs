using System.Collections;
using System.Security.Cryptography;
using AtSync.App.CommandLine;
using AtSync.App.Configuration;
using Microsoft.Extensions.Logging;

namespace AtSync.App.Hosting.Serving;

/// <summary>
/// Reads the configuration again when it, or a certificate, changes on disk, and when it is told to. What can't be used is reported and leaves
/// everything as it is; keys that take a restart keep their values and are named.
/// </summary>
/// <remarks>
/// Files are compared by their content: tools that renew certificates replace links, and notifications do not follow those. A step is
/// synchronous and fast; <see cref="Step"/> is what the loop does once.
/// </remarks>
internal sealed class ReloadLoop<TSettings>(
    string file, IDictionary environment, SettingTable<TSettings> table, TSettings settings, Func<TSettings, LogSettings> logOf,
    IServing<TSettings> serving, ConsoleLog log, TimeProvider timeProvider) : IAsyncDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(2);

    /// <summary>A local authority's certificate is renewed by loading it.</summary>
    private static readonly TimeSpan RenewInterval = TimeSpan.FromHours(12);

    private readonly ILogger _logger = log.CreateLogger("AtSync.Hosting");
    private readonly CancellationTokenSource _stop = new();
    private readonly SemaphoreSlim _asked = new(0, 1);
    private byte[] _seen = [];
    private DateTimeOffset _loadedAt;
    private Task _running = Task.CompletedTask;

    /// <summary>What is in force.</summary>
    public TSettings Settings { get; private set; } = settings;

    public void Start()
    {
        Remember();
        _running = RunAsync();
    }

    /// <summary>Reads it again now, whether something changed or not. May be called from any thread.</summary>
    public void Ask()
    {
        try
        {
            _asked.Release();
        }
        catch (SemaphoreFullException)
        {
            // Asked already.
        }
    }

    /// <summary>Looks at the files, and takes them over when they changed or when asked.</summary>
    public void Step(bool isAsked)
    {
        if (isAsked || timeProvider.GetUtcNow() - _loadedAt >= RenewInterval || !Digest(Settings).AsSpan().SequenceEqual(_seen))
        {
            ServiceNotice.Reloading();
            Load();
            Remember();
            ServiceNotice.Ready();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _running;
        _asked.Dispose();
        _stop.Dispose();
    }

    private async Task RunAsync()
    {
        try
        {
            var asked = _asked.WaitAsync(_stop.Token);
            while (true)
            {
                using var ended = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
                await Task.WhenAny(asked, Task.Delay(Interval, timeProvider, ended.Token));
                await ended.CancelAsync();
                _stop.Token.ThrowIfCancellationRequested();
                var isAsked = asked.IsCompleted;
                if (isAsked)
                {
                    asked = _asked.WaitAsync(_stop.Token);
                }

                Step(isAsked);
            }
        }
        catch (OperationCanceledException)
        {
            // The program ends.
        }
    }

    private void Load()
    {
        try
        {
            var read = table.Load(file, environment);
            var changed = table.Changed(Settings, read).ToList();
            var cold = changed.Where(key => !key.IsHot).ToList();
            foreach (var key in cold)
            {
                read = key.Copy(Settings, read);
            }

            serving.Use(read);
            Settings = read;
            log.Use(logOf(read));
            HostingLog.Reloaded(_logger, Names(changed.Where(key => key.IsHot)));
            if (cold.Count > 0)
            {
                HostingLog.NeedsRestart(_logger, Names(cold));
            }
        }
        catch (Exception failure) when (failure is CliException or CryptographicException or IOException or UnauthorizedAccessException or ArgumentException)
        {
            HostingLog.ReloadRefused(_logger, failure.Message);
        }
    }

    private void Remember()
    {
        _seen = Digest(Settings);
        _loadedAt = timeProvider.GetUtcNow();
    }

    private byte[] Digest(TSettings now)
    {
        using var digest = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var each in serving.FilesOf(now).Prepend(file))
        {
            try
            {
                digest.AppendData(File.ReadAllBytes(each));
            }
            catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
            {
                // Away for the moment: that is a state like another.
            }

            digest.AppendData("|"u8);
        }

        return digest.GetHashAndReset();
    }

    private static string Names(IEnumerable<Setting<TSettings>> keys) =>
        string.Join(", ", keys.Select(key => key.Path)) is { Length: > 0 } names ? names : "none";
}
