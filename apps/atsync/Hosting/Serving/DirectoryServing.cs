using System.Text.Json;
using AtSync.App.Configuration;
using AtSync.Directory;
using AtSync.Directory.Administration;
using Microsoft.Extensions.Logging;

namespace AtSync.App.Hosting.Serving;

/// <summary><c>atsync directory</c>: an atDirectory from its configuration, administered through <c>admin.sock</c> in its data folder.</summary>
internal sealed class DirectoryServing : IServing<DirectorySettings>
{
    private readonly StartedParts _parts = new();
    private readonly DataFolder _folder;
    private ServedCertificates? _certificates;
    private DirectoryProgram? _program;
    private volatile bool _isDraining;

    private DirectoryServing(DataFolder folder) => _folder = folder;

    public DirectoryProgram Program => _program!;

    /// <exception cref="Storage.StoreException">The data folder is held by another process, damaged or newer.</exception>
    /// <exception cref="Transport.NetworkException">The port is in use.</exception>
    /// <exception cref="System.Security.Cryptography.CryptographicException">A certificate can't be used.</exception>
    public static async Task<DirectoryServing> StartAsync(
        DirectorySettings settings, TimeProvider timeProvider, ILoggerFactory loggerFactory, CancellationToken cancellationToken)
    {
        var serving = new DirectoryServing(DataFolder.Open(settings.Data));
        try
        {
            await serving.StartPartsAsync(settings, timeProvider, loggerFactory, cancellationToken);
            return serving;
        }
        catch
        {
            await serving.DisposeAsync();
            throw;
        }
    }

    public void WriteReady(Utf8JsonWriter writer)
    {
        writer.WriteString("data"u8, _folder.Path);
        writer.WriteNumber("port"u8, Program.Port);
        writer.WriteString("ca"u8, _certificates?.AuthorityFile);
        writer.WriteString("adminSocket"u8, _folder.AdminSocket);
    }

    public IEnumerable<string> FilesOf(DirectorySettings settings) => settings.Tls.Certificates.SelectMany(each => new[] { each.Chain, each.Key });

    public void Use(DirectorySettings settings)
    {
        _certificates!.Use(settings.Tls);
        Program.Directory.UseLimits(settings.Limits);
        Program.Listener.UseLimits(settings.Connections.Max, settings.Connections.MaxPerAddress, settings.Connections.WriteTimeout);
    }

    public async ValueTask<string?> WhyNotReadyAsync(CancellationToken cancellationToken)
    {
        if (_isDraining)
        {
            return "draining";
        }

        if (Program.Listener.EndPoints.Count == 0)
        {
            return "not listening";
        }

        await Program.Addresses.ProbeAsync(cancellationToken);
        return null;
    }

    public Task DrainAsync(CancellationToken cancellationToken)
    {
        _isDraining = true;
        return Program.DrainAsync(cancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        await _parts.DisposeAsync();
        _folder.Dispose();
    }

    private async Task StartPartsAsync(
        DirectorySettings settings, TimeProvider timeProvider, ILoggerFactory loggerFactory, CancellationToken cancellationToken)
    {
        _certificates = new ServedCertificates(settings.Tls, _folder.AuthorityFolder, [], timeProvider);
        _program = _parts.Add(await DirectoryProgram.StartAsync(
            _folder.AddressFile,
            addresses => new AtDirectoryOptions
            {
                Addresses = addresses, TimeProvider = timeProvider, LoggerFactory = loggerFactory, Limits = settings.Limits,
            },
            handler => ListenerOptions.Of(settings.Connections, _certificates, handler, timeProvider, loggerFactory),
            ListenAddresses.Of(settings.Addresses),
            settings.Port,
            cancellationToken));
        var log = loggerFactory.CreateLogger("AtSync.Hosting");
        _program.Add(AddressBookSocket.Start(_folder.AdminSocket, _program.Addresses, failure => HostingLog.AdministrationFailed(log, failure)));
    }
}
