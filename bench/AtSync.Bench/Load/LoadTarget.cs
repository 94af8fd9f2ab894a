using AtSync.Crypto.Algorithms;

namespace AtSync.Bench.Load;

/// <summary>The server that load is put on.</summary>
/// <param name="Login">Logs in to each of its atSigns.</param>
/// <param name="Address">Port and TLS name of an atSign.</param>
internal sealed record LoadTarget(RsaPrivateKey Login, Func<string, (int Port, string Host)> Address);
