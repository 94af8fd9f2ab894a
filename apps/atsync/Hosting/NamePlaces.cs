using System.Globalization;
using AtSync.Protocol;
using AtSync.Transport;

namespace AtSync.App.Hosting;

/// <summary>
/// A host name per atSign below one domain, all on one port: the name that a client asks for in TLS decides. Nothing is kept for an atSign.
/// </summary>
/// <example><c>@alice</c> is at <c>alice.at.example.com:6443</c>.</example>
internal sealed class NamePlaces(string domain, int port) : IPlaces
{
    private const int LabelCharactersMax = 63;
    private static readonly IdnMapping _idn = new() { AllowUnassigned = true };

    public ValueTask StartAsync(IAsyncEnumerable<AtSign> hosted, CancellationToken cancellationToken) => ValueTask.CompletedTask;

    public HostPort? Find(AtSign atSign) => LabelOf(atSign) is { } label ? new HostPort($"{label}.{domain}", port) : null;

    public ValueTask<HostPort> OpenAsync(AtSign atSign, CancellationToken cancellationToken) => ValueTask.FromResult(Find(atSign)
        ?? throw new ArgumentException($"{atSign} makes no host name below '{domain}': host it with a port of its own ('port-per-atSign')."));

    public ValueTask KeepAsync(AtSign atSign, CancellationToken cancellationToken) => ValueTask.CompletedTask;

    public ValueTask CloseAsync(AtSign atSign, bool forget, CancellationToken cancellationToken) => ValueTask.CompletedTask;

    public void Dispose()
    {
        // Nothing is held.
    }

    /// <summary>The first label of the atSign's host name; null when there is none from which the atSign is found again.</summary>
    private static string? LabelOf(AtSign atSign)
    {
        try
        {
            var label = _idn.GetAscii(atSign.Name);
            return label.Length <= LabelCharactersMax
                && Uri.CheckHostName($"{label}.example") == UriHostNameType.Dns
                && (label == atSign.Name || _idn.GetUnicode(label) == atSign.Name)
                    ? label
                    : null;
        }
        catch (ArgumentException)
        {
            return null;
        }
    }
}
