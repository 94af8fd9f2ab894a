using AtSync.Client;
using AtSync.Crypto;
using AtSync.Protocol;
using AtSync.Transport;

namespace AtSync.App.Demo;

/// <summary>One device of the demo: a store of its own and the key file that all of them share.</summary>
internal sealed class DemoDevice(string name, string folder, AtSign atSign, string keyFile, HostPort directory, INetwork network)
{
    public string Name { get; } = name;

    public string Store { get; } = Path.Combine(folder, name);

    /// <summary>Opens the device; offline it touches no network whatever happens.</summary>
    public Task<AtClient> OpenAsync(bool isOffline, CancellationToken cancellationToken) => AtClient.OpenAsync(
        new AtClientOptions
        {
            AtSign = atSign,
            StoreDirectory = Store,
            Keys = AtKeysFile.Load(keyFile, atSign, passphrase: null),
            Directory = directory,
            Network = network,
            IsOffline = isOffline,
            DeviceName = "demo " + Name,
        },
        cancellationToken);
}
