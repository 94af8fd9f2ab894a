using System.Globalization;
using System.Text;
using AtSync.Crypto;
using AtSync.Crypto.Algorithms;
using AtSync.Protocol;
using AtSync.Server;
using AtSync.Storage.Server;
using Microsoft.Extensions.Logging.Abstractions;

namespace AtSync.Bench.Load;

/// <summary>
/// Fills a server's data folder with many activated atSigns before the server starts. They share one login key and one signing key: a key pair costs a
/// quarter of a second, and neither storage nor memory depends on which key it is.
/// </summary>
internal static class TenantData
{
    /// <summary>Records of the app of each atSign.</summary>
    public const int RecordsOfEach = 10;

    /// <summary>How many are written at a time, so that they share fsyncs.</summary>
    private const int AtATime = 256;

    private const string PkamPublicKey = "privatekey:at_pkam_publickey";
    private const string Secret = "privatekey:at_secret";

    /// <summary>Name of the i-th atSign.</summary>
    public static AtSign Name(int i) => AtSign.Parse(string.Create(CultureInfo.InvariantCulture, $"@t{i:d6}"));

    /// <summary>Writes <paramref name="count"/> atSigns. Returns the key with which each of them logs in.</summary>
    public static async Task<RsaPrivateKey> WriteAsync(string folder, int count, CancellationToken cancellationToken)
    {
        var login = RsaPrivateKey.Generate();
        var signing = RsaPrivateKey.Generate().Pkcs8Base64;
        await using var engine = SqliteEngine.Open(new SqliteEngineOptions { Folder = folder }, SystemRandomSource.Instance);
        await using var host = new AtServerHost(new AtServerOptions
        {
            Storage = engine,
            TimeProvider = TimeProvider.System,
            Random = SystemRandomSource.Instance,
            LoggerFactory = NullLoggerFactory.Instance,
            NewSigningKey = () => new RsaPrivateKey(signing),
        });
        for (var first = 0; first < count; first += AtATime)
        {
            await Task.WhenAll(Enumerable.Range(first, Math.Min(AtATime, count - first)).Select(async i =>
            {
                await host.AddAsync(Name(i), "unused", cancellationToken);
                var store = await engine.FindAsync(Name(i), cancellationToken) ?? throw new InvalidOperationException($"{Name(i)} was added and is not there.");
                await store.ApplyAsync(Changes(Name(i), login), cancellationToken);
            }));
        }

        return login;
    }

    private static StoreChange[] Changes(AtSign owner, RsaPrivateKey login) =>
    [
        new Put(PkamPublicKey, login.PublicSpkiBase64, isLogged: false),
        new Put($"public:publickey{owner}", login.PublicSpkiBase64, isLogged: true),
        new Remove(Secret),
        .. Enumerable.Range(0, RecordsOfEach).Select(i => new Put(Devices.Records.Key(i) + owner, Devices.Records.Value(i, "tenant"), isLogged: true)),
    ];

    private sealed class Put(string key, string value, bool isLogged) : StoreChange(key)
    {
        public override ChangeDecision Decide(StoredRecord? current, long currentCommitId)
        {
            var now = TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds();
            return ChangeDecision.Put(
                new StoredRecord
                {
                    Key = Key,
                    Value = Encoding.UTF8.GetBytes(value),
                    Metadata = default,
                    Times = new RecordTimes(0, now, now, null, null, null),
                    OpTimeMs = now,
                },
                isLogged);
        }
    }

    private sealed class Remove(string key) : StoreChange(key)
    {
        public override ChangeDecision Decide(StoredRecord? current, long currentCommitId) =>
            ChangeDecision.Delete(TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds(), logged: false);
    }
}
