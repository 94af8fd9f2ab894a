using System.Runtime.CompilerServices;
using System.Text.Json;
using AtSync.Protocol;
using AtSync.Storage.Server;
using AtSync.Transport;

namespace AtSync.Directory.Administration;

/// <summary>The address book of an atDirectory that runs in another process of this machine, through its <see cref="AddressBookSocket"/>.</summary>
/// <remarks>
/// Connects when it is used, and anew after a failure. <see cref="NetworkException"/>: nobody answers, or the request was refused; the message
/// says why. Whether an interrupted change was made is not known; making it again is harmless.
/// </remarks>
public sealed class SocketAddressBook(string path) : IAddressBook
{
    /// <summary>Most bytes of an answer: a thousand entries.</summary>
    private const int AnswerBytesMax = 1_048_576;

    // One request at a time; guards the connection.
    private readonly SemaphoreSlim _gate = new(1, 1);
    private Stream? _stream;
    private JsonLines? _lines;
    private bool _isDisposed;

    /// <inheritdoc/>
    public async ValueTask<string?> FindAsync(AtSign atSign, CancellationToken cancellationToken)
    {
        using var answer = await AskAsync(writer => writer.WriteString("find"u8, atSign.ToString()), cancellationToken);
        return answer.RootElement.GetProperty("address"u8).GetString();
    }

    /// <inheritdoc/>
    public async ValueTask SetAsync(AtSign atSign, string address, CancellationToken cancellationToken)
    {
        using var answer = await AskAsync(
            writer =>
            {
                writer.WriteString("set"u8, atSign.ToString());
                writer.WriteString("address"u8, address);
            },
            cancellationToken);
    }

    /// <inheritdoc/>
    public async ValueTask<bool> RemoveAsync(AtSign atSign, CancellationToken cancellationToken)
    {
        using var answer = await AskAsync(writer => writer.WriteString("remove"u8, atSign.ToString()), cancellationToken);
        return answer.RootElement.GetProperty("removed"u8).GetBoolean();
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<(AtSign AtSign, string Address)> ListAsync(string after, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var more = true;
        while (more)
        {
            var from = after;
            using var page = await AskAsync(writer => writer.WriteString("list"u8, from), cancellationToken);
            more = page.RootElement.GetProperty("more"u8).GetBoolean();
            foreach (var entry in page.RootElement.GetProperty("entries"u8).EnumerateArray())
            {
                after = entry[0].GetString()!;
                yield return (AtSign.Parse(after), entry[1].GetString()!);
            }
        }
    }

    /// <summary>Ends the connection after the request under way.</summary>
    public async ValueTask DisposeAsync()
    {
        await _gate.WaitAsync();
        await HangUpAsync();
        _isDisposed = true;
        _gate.Release();
    }

    private async ValueTask<JsonDocument> AskAsync(Action<Utf8JsonWriter> request, CancellationToken cancellationToken)
    {
        await _gate.WaitAsync(cancellationToken);
        var isAnswered = false;
        try
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            if (_stream is null)
            {
                _stream = await LocalSocketListener.ConnectAsync(path, cancellationToken);
                _lines = new JsonLines(_stream, AnswerBytesMax);
            }

            await _stream.WriteAsync(JsonLines.Format(request), cancellationToken);
            var line = await _lines!.ReadAsync(cancellationToken)
                ?? throw new NetworkException(NetworkFault.Closed, $"The atDirectory at '{path}' ended the connection.");
            var answer = JsonDocument.Parse(line.ToArray());
            isAnswered = true;
            return answer.RootElement.GetProperty("ok"u8).GetBoolean()
                ? answer
                : throw new NetworkException(
                    NetworkFault.NotTheProtocol, $"The atDirectory at '{path}' refused: {answer.RootElement.GetProperty("error"u8).GetString()}");
        }
        catch (IOException failure)
        {
            throw new NetworkException(NetworkFault.Closed, $"The connection to the atDirectory at '{path}' broke: {failure.Message}", failure);
        }
        catch (Exception failure) when (failure is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            throw new NetworkException(NetworkFault.NotTheProtocol, $"What answers at '{path}' is no atDirectory's administration.", failure);
        }
        finally
        {
            if (!isAnswered)
            {
                // Half a request or half an answer may be on its way: the next one begins on a new connection.
                await HangUpAsync();
            }

            _gate.Release();
        }
    }

    private async ValueTask HangUpAsync()
    {
        if (_stream is not null)
        {
            await _stream.DisposeAsync();
        }

        (_stream, _lines) = (null, null);
    }
}
