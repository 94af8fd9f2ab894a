using System.Text;
using AtSync.Protocol;
using AtSync.Storage;
using AtSync.Storage.Server;
using AtSync.Transport;
using Microsoft.Extensions.Logging;

namespace AtSync.Directory;

/// <summary>
/// The directory by HTTP: <c>GET /@alice</c> (or <c>/alice</c>) → <c>host:port</c>; <c>GET /@alice/demo/index.html?at_rt=all</c> → 302 to the same
/// page of alice's atServer, <c>https://host:port/demo/index.html?at_rt=all</c>. Unknown: 404.
/// </summary>
internal static class DirectoryPages
{
    private static readonly PageAnswer NotFound = Text(404, "There is no such atSign.");
    private static readonly PageAnswer StoreFailed = Text(503, "The directory's store failed; try again later.");

    public static async ValueTask<PageAnswer> GetAsync(
        PageRequest request, IAddressBook addresses, ILogger logger, CancellationToken cancellationToken)
    {
        string? address;
        try
        {
            address = AtSign.TryParse(request.Path.TrimStart('/').Split('/')[0], out var atSign, out _) ? await addresses.FindAsync(atSign, cancellationToken) : null;
        }
        catch (StoreException failure)
        {
            Log.StoreFailed(logger, failure);
            return StoreFailed;
        }

        DirectoryTelemetry.Asked(address is not null);
        if (address is null)
        {
            return NotFound;
        }

        // As it was sent, so that nothing is encoded twice.
        var target = request.Target.TrimStart('/');
        var rest = target.IndexOf('/', StringComparison.Ordinal);
        if (rest < 0 || rest == target.Length - 1)
        {
            return Text(200, address);
        }

        return Uri.TryCreate($"https://{address}{target[rest..]}", UriKind.Absolute, out var location)
            ? Text(302, address) with { Location = location }
            : NotFound;
    }

    private static PageAnswer Text(int status, string text) => new(status, "text/plain; charset=utf-8", Encoding.UTF8.GetBytes(text + "\n"));
}
