using AtSync.App.CommandLine;
using AtSync.App.Hosting;
using AtSync.Client.Onboarding;
using AtSync.Protocol;

namespace AtSync.Bench.Devices;

/// <summary>A server process with one activated atSign, and a folder for devices; all of it is gone afterwards.</summary>
internal sealed class World : IAsyncDisposable
{
    private readonly string _folder;

    private World(string folder, ServerProcess server)
    {
        _folder = folder;
        Server = server;
    }

    public static AtSign Owner { get; } = AtSign.Parse("@alice");

    public ServerProcess Server { get; private set; }

    public string KeyFile => Path.Combine(_folder, "alice.atKeys");

    public string ServerFolder => Path.Combine(_folder, "server");

    public string StoreOf(string device) => Path.Combine(_folder, "device-" + device);

    public static async Task<World> StartAsync(string temp, CancellationToken cancellationToken)
    {
        var folder = System.IO.Directory.CreateDirectory(Path.Combine(temp, "atsync-bench-" + Path.GetRandomFileName())).FullName;
        var server = await ServerProcess.StartAsync(Path.Combine(folder, "server"), [Owner.ToString()], cancellationToken);
        var world = new World(folder, server);
        await Activation.ActivateAsync(
            new ActivationOptions
            {
                AtSign = Owner,
                Secret = server.Ready.AtSigns[0].Secret!,
                KeyFile = world.KeyFile,
                Directory = server.Ready.DirectoryAddress,
                Network = Dialling.Network(server.Ready.AuthorityFile),
            },
            cancellationToken);
        return world;
    }

    /// <summary>A fresh server process on the same data.</summary>
    public async Task RestartServerAsync(CancellationToken cancellationToken)
    {
        await Server.DisposeAsync();
        Server = await ServerProcess.StartAsync(ServerFolder, [], cancellationToken);
    }

    /// <summary>Runs one command on a device process of its own that ends afterwards.</summary>
    public async Task<DeviceAnswer> OnceAsync(string device, string command, CancellationToken cancellationToken, bool isOffline = false)
    {
        await using var process = await DeviceProcess.StartAsync(this, device, cancellationToken, isOffline);
        return await process.DoAsync(command, cancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        await Server.DisposeAsync();
        System.IO.Directory.Delete(_folder, recursive: true);
    }
}
