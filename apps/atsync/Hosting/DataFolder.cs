using System.Text.Json;
using AtSync.Protocol;
using AtSync.Storage;

namespace AtSync.App.Hosting;

/// <summary>
/// The folder of a program that serves: one process at a time; <c>ca/</c> (own authority), <c>server/</c> (stores), <c>directory.db</c>
/// (addresses), <c>admin.sock</c> (while it runs) and <c>ports.json</c>, which remembers every port that was ever told to somebody. Each of
/// them only where it is needed.
/// </summary>
/// <example><c>{"directory":6400,"atSigns":{"@alice":25000}}</c></example>
internal sealed class DataFolder : IDisposable
{
    private readonly FileStream _lock;
    private readonly SortedDictionary<AtSign, int> _ports = [];

    private DataFolder(string path, FileStream held)
    {
        Path = path;
        _lock = held;
    }

    public string Path { get; }

    public string AuthorityFolder => AuthorityFolderOf(Path);

    public string ServerFolder => ServerFolderOf(Path);

    public string AddressFile => AddressFileOf(Path);

    public string PortsFile => PortsFileOf(Path);

    /// <summary>Where the running program is administered.</summary>
    public string AdminSocket => AdminSocketOf(Path);

    /// <summary>The atDirectory's port of the last run; null before the first.</summary>
    public int? DirectoryPort { get; private set; }

    /// <summary>The atServer's port of each atSign.</summary>
    public IReadOnlyDictionary<AtSign, int> Ports => _ports;

    public static string AddressFileOf(string folder) => System.IO.Path.Combine(System.IO.Path.GetFullPath(folder), "directory.db");

    public static string AuthorityFolderOf(string folder) => System.IO.Path.Combine(folder, "ca");

    public static string ServerFolderOf(string folder) => System.IO.Path.Combine(folder, "server");

    public static string PortsFileOf(string folder) => System.IO.Path.Combine(folder, "ports.json");

    public static string AdminSocketOf(string folder) => System.IO.Path.Combine(System.IO.Path.GetFullPath(folder), "admin.sock");

    /// <summary>Makes the folder when missing and takes it for this process.</summary>
    /// <exception cref="StoreException">Held by another process, or <c>ports.json</c> is damaged.</exception>
    public static DataFolder Open(string path)
    {
        var full = System.IO.Path.GetFullPath(path);
        System.IO.Directory.CreateDirectory(full);
        var folder = new DataFolder(full, TakeLock(full));
        try
        {
            PendingRestore.Complete(full);
            folder.ReadPorts();
            return folder;
        }
        catch
        {
            folder.Dispose();
            throw;
        }
    }

    /// <summary>Remembers the atDirectory's port. Durable on return, before anybody hears of it; so are the others.</summary>
    public void SaveDirectoryPort(int port)
    {
        if (DirectoryPort != port)
        {
            DirectoryPort = port;
            WritePorts();
        }
    }

    public void SavePorts(IEnumerable<KeyValuePair<AtSign, int>> ports)
    {
        var isChanged = false;
        foreach (var (atSign, port) in ports)
        {
            isChanged |= !_ports.TryGetValue(atSign, out var known) || known != port;
            _ports[atSign] = port;
        }

        if (isChanged)
        {
            WritePorts();
        }
    }

    public void ForgetPort(AtSign atSign)
    {
        if (_ports.Remove(atSign))
        {
            WritePorts();
        }
    }

    public void Dispose() => _lock.Dispose();

    /// <summary>The system frees the lock when the process dies, however it dies.</summary>
    private static FileStream TakeLock(string folder)
    {
        var file = System.IO.Path.Combine(folder, "atsync.lock");
        try
        {
            return new FileStream(file, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException failure) when (File.Exists(file) && failure is not (FileNotFoundException or DirectoryNotFoundException))
        {
            throw new StoreException(StoreFault.Locked, $"The data folder '{folder}' is in use by another atsync. Stop that one, or use another --data.", failure);
        }
    }

    private void WritePorts()
    {
        var temporary = PortsFile + ".new";
        using (var stream = new FileStream(temporary, FileMode.Create, FileAccess.Write, FileShare.None))
        {
            using (var writer = new Utf8JsonWriter(stream))
            {
                writer.WriteStartObject();
                if (DirectoryPort is { } directoryPort)
                {
                    writer.WriteNumber("directory"u8, directoryPort);
                }

                writer.WriteStartObject("atSigns"u8);
                foreach (var (atSign, port) in _ports)
                {
                    writer.WriteNumber(atSign.ToString(), port);
                }

                writer.WriteEndObject();
                writer.WriteEndObject();
            }

            stream.Flush(flushToDisk: true);
        }

        File.Move(temporary, PortsFile, overwrite: true);
    }

    private void ReadPorts()
    {
        if (!File.Exists(PortsFile))
        {
            return;
        }

        try
        {
            using var document = JsonDocument.Parse(File.ReadAllBytes(PortsFile));
            DirectoryPort = document.RootElement.TryGetProperty("directory"u8, out var directory) ? directory.GetInt32() : null;
            foreach (var member in document.RootElement.GetProperty("atSigns"u8).EnumerateObject())
            {
                _ports[AtSign.Parse(member.Name)] = member.Value.GetInt32();
            }
        }
        catch (Exception failure) when (failure is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            throw new StoreException(
                StoreFault.Corrupt, $"'{PortsFile}' is damaged. Restore it from a copy, or delete it: ports are then chosen anew.", failure);
        }
    }
}
