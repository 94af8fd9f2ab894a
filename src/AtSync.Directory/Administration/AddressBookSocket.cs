using System.Text.Json;
using AtSync.Protocol;
using AtSync.Storage;
using AtSync.Storage.Server;
using AtSync.Transport;

namespace AtSync.Directory.Administration;

/// <summary>
/// The administration of a running atDirectory, through a socket for its owner only. A request is a line with one JSON object, its answer
/// another; changes are durable when they are answered.
/// </summary>
/// <example>
/// <c>{"find":"@alice"}</c> → <c>{"ok":true,"address":"host:port"}</c> (null: unknown) · <c>{"set":"@alice","address":"host:port"}</c> → <c>{"ok":true}</c> ·
/// <c>{"remove":"@alice"}</c> → <c>{"ok":true,"removed":true}</c> · <c>{"list":"@alice"}</c> → <c>{"ok":true,"entries":[["@bob","host:port"]],"more":false}</c>,
/// those after the one that is named, <c>""</c> for all · what can't be done: <c>{"ok":false,"error":"…"}</c>.
/// </example>
public static class AddressBookSocket
{
    /// <summary>Most bytes of a request.</summary>
    private const int RequestBytesMax = 4_096;

    /// <summary>Most entries of one answer.</summary>
    private const int ListPage = 1_000;

    /// <summary>Listens until it is disposed.</summary>
    /// <param name="path">The socket's file.</param>
    /// <param name="addresses">Read and changed; must outlive the listener.</param>
    /// <param name="onFault">Told of a connection that failed.</param>
    /// <exception cref="NetworkException">It can't be listened on.</exception>
    public static LocalSocketListener Start(string path, IAddressBook addresses, Action<Exception> onFault) =>
        LocalSocketListener.Start(path, (stream, stop) => RunAsync(stream, addresses, stop), onFault);

    private static async Task RunAsync(Stream stream, IAddressBook addresses, CancellationToken cancellationToken)
    {
        var lines = new JsonLines(stream, RequestBytesMax);
        while (await lines.ReadAsync(cancellationToken) is { } line)
        {
            await stream.WriteAsync(await AnswerAsync(line, addresses, cancellationToken), cancellationToken);
        }
    }

    private static async ValueTask<ReadOnlyMemory<byte>> AnswerAsync(ReadOnlyMemory<byte> line, IAddressBook addresses, CancellationToken cancellationToken)
    {
        try
        {
            using var request = JsonDocument.Parse(line);
            return request.RootElement.ValueKind == JsonValueKind.Object && request.RootElement.EnumerateObject().FirstOrDefault() is { Value.ValueKind: JsonValueKind.String } first
                ? await DoAsync(first.Name, first.Value.GetString()!, request.RootElement, addresses, cancellationToken)
                : Refuse("a request is an object that begins with find, set, remove or list");
        }
        catch (Exception failure) when (failure is JsonException or StoreException)
        {
            return Refuse(failure.Message);
        }
    }

    private static async ValueTask<ReadOnlyMemory<byte>> DoAsync(
        string what, string name, JsonElement request, IAddressBook addresses, CancellationToken cancellationToken)
    {
        if (what == "list")
        {
            return await ListAsync(name, addresses, cancellationToken);
        }

        if (!AtSign.TryParse(name, out var atSign, out var problem))
        {
            return Refuse(problem);
        }

        switch (what)
        {
            case "find":
                var found = await addresses.FindAsync(atSign, cancellationToken);
                return Ok(writer => writer.WriteString("address"u8, found));
            case "set":
                if (!request.TryGetProperty("address"u8, out var value) || value.ValueKind != JsonValueKind.String
                    || !HostPort.TryParse(value.GetString()!, out var address))
                {
                    return Refuse("an address is host:port");
                }

                await addresses.SetAsync(atSign, address.ToString(), cancellationToken);
                return Ok(_ => { });
            case "remove":
                var wasThere = await addresses.RemoveAsync(atSign, cancellationToken);
                return Ok(writer => writer.WriteBoolean("removed"u8, wasThere));
            default:
                return Refuse($"'{what}' is none of find, set, remove, list");
        }
    }

    private static async ValueTask<ReadOnlyMemory<byte>> ListAsync(string after, IAddressBook addresses, CancellationToken cancellationToken)
    {
        var page = new List<(AtSign AtSign, string Address)>();
        var more = false;
        await foreach (var entry in addresses.ListAsync(after.TrimStart('@'), cancellationToken))
        {
            if (more = page.Count == ListPage)
            {
                break;
            }

            page.Add(entry);
        }

        return Ok(writer =>
        {
            writer.WriteStartArray("entries"u8);
            foreach (var (atSign, address) in page)
            {
                writer.WriteStartArray();
                writer.WriteStringValue(atSign.ToString());
                writer.WriteStringValue(address);
                writer.WriteEndArray();
            }

            writer.WriteEndArray();
            writer.WriteBoolean("more"u8, more);
        });
    }

    private static ReadOnlyMemory<byte> Refuse(string error) => JsonLines.Format(writer =>
    {
        writer.WriteBoolean("ok"u8, false);
        writer.WriteString("error"u8, error);
    });

    private static ReadOnlyMemory<byte> Ok(Action<Utf8JsonWriter> members) => JsonLines.Format(writer =>
    {
        writer.WriteBoolean("ok"u8, true);
        members(writer);
    });
}
