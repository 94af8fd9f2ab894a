using System.Buffers;
using System.Text;
using AtSync.Protocol;
using AtSync.Transport;

namespace AtSync.App.Conformance.Replay;

/// <summary>
/// A connection as a transcript sees it: bytes out, whole messages in. A message is an answer with its prompt, a prompt alone, or a notification
/// line; where one ends is told by the prompt, because an answer of an older server may hold a newline.
/// </summary>
internal sealed class WireConnection(IConnection connection, AtSign owner, AtSign? peer, TimeSpan patience) : IAsyncDisposable
{
    private const string NotificationStart = "notification:";

    /// <summary>How long the rest of a prompt may follow its first character in another read.</summary>
    private static readonly TimeSpan PromptGrace = TimeSpan.FromMilliseconds(50);

    private readonly Queue<string> _notifications = [];
    private readonly string[] _prompts = peer is null ? [$"{owner}@"] : [$"{owner}@", $"{peer}@"];
    private byte[] _received = [];
    private bool _isAtEnd;

    /// <summary>The prompt of the last answer.</summary>
    public string Prompt { get; private set; } = "@";

    /// <summary>The newest challenge that was answered to <c>from:</c>.</summary>
    public string Challenge { get; set; } = "";

    public async Task SendAsync(byte[] bytes, CancellationToken cancellationToken) => await connection.Output.WriteAsync(bytes, cancellationToken);

    /// <summary>The next answer; what arrived instead when there is none in time, or when the connection ends.</summary>
    /// <exception cref="TimeoutException">Nothing that is an answer came.</exception>
    public async Task<string> ReadAnswerAsync(CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(patience);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        while (true)
        {
            switch (TakeMessage(isPromptWhole: _isAtEnd, out var message))
            {
                case Framing.Answer:
                    return message;
                case Framing.Notification:
                    _notifications.Enqueue(message);
                    continue;
                case Framing.PromptBegan when !await ReceiveAsync(PromptGrace, stop.Token):
                    if (TakeMessage(isPromptWhole: true, out message) == Framing.Answer)
                    {
                        return message;
                    }

                    break;
            }

            if (_isAtEnd)
            {
                return TakeRest();
            }

            if (!await ReceiveAsync(null, stop.Token) && timeout.IsCancellationRequested)
            {
                throw new TimeoutException($"no answer within {patience.TotalSeconds:0} s" + (_received.Length == 0 ? "" : $"; so far: {TakeRest()}"));
            }
        }
    }

    /// <summary>The next notification line that is wanted; others are passed over. Null when none came in time.</summary>
    public async Task<string?> ReadNotificationAsync(Func<string, bool> isWanted, CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(patience);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        while (true)
        {
            while (_notifications.TryDequeue(out var line))
            {
                if (isWanted(line))
                {
                    return line;
                }
            }

            if (_received.AsSpan().StartsWith("notification:"u8) && TakeMessage(isPromptWhole: false, out var message) == Framing.Notification)
            {
                _notifications.Enqueue(message);
            }
            else if (_isAtEnd || (!await ReceiveAsync(null, stop.Token) && timeout.IsCancellationRequested))
            {
                return null;
            }
        }
    }

    /// <summary>Waits for the end of the connection; what came before it.</summary>
    /// <exception cref="TimeoutException">It goes on.</exception>
    public async Task<string> ReadToEndAsync(CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(patience);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        while (!_isAtEnd)
        {
            if (!await ReceiveAsync(null, stop.Token) && timeout.IsCancellationRequested)
            {
                throw new TimeoutException("the connection does not end");
            }
        }

        return TakeRest();
    }

    public ValueTask DisposeAsync() => connection.DisposeAsync();

    private Framing TakeMessage(bool isPromptWhole, out string message)
    {
        message = "";
        var received = _received.AsSpan();
        if (received.IsEmpty)
        {
            return Framing.NeedMore;
        }

        if (received.StartsWith("notification:"u8))
        {
            return received.IndexOf((byte)'\n') is >= 0 and var lineEnd ? Take(lineEnd + 1, Framing.Notification, out message) : Framing.NeedMore;
        }

        if (received[0] == '@')
        {
            return TakePrompt(received, 0, isPromptWhole, out message);
        }

        for (var at = received.IndexOf((byte)'\n'); at >= 0;)
        {
            var behind = received[(at + 1)..];
            if (behind.IsEmpty)
            {
                return Framing.NeedMore;
            }

            if (behind[0] == '@')
            {
                return TakePrompt(behind, at + 1, isPromptWhole, out message);
            }

            var next = behind.IndexOf((byte)'\n');
            at = next < 0 ? -1 : at + 1 + next;
        }

        return Framing.NeedMore;
    }

    private Framing TakePrompt(ReadOnlySpan<byte> rest, int before, bool isPromptWhole, out string message)
    {
        message = "";
        foreach (var prompt in _prompts)
        {
            var bytes = Encoding.UTF8.GetBytes(prompt);
            if (rest.StartsWith(bytes))
            {
                Prompt = prompt;
                return Take(before + bytes.Length, Framing.Answer, out message);
            }

            // Only a connection that had a longer prompt waits for the rest of one.
            if (!isPromptWhole && Prompt == prompt && bytes.AsSpan().StartsWith(rest))
            {
                return Framing.PromptBegan;
            }
        }

        Prompt = "@";
        return Take(before + 1, Framing.Answer, out message);
    }

    private Framing Take(int count, Framing what, out string message)
    {
        message = Encoding.UTF8.GetString(_received.AsSpan(0, count));
        _received = _received[count..];
        return what;
    }

    private string TakeRest()
    {
        var rest = Encoding.UTF8.GetString(_received);
        _received = [];
        return rest;
    }

    /// <summary>False when nothing came in the time, or ever will.</summary>
    private async ValueTask<bool> ReceiveAsync(TimeSpan? within, CancellationToken cancellationToken)
    {
        if (_isAtEnd)
        {
            return false;
        }

        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        if (within is { } time)
        {
            limit.CancelAfter(time);
        }

        try
        {
            var read = await connection.Input.ReadAsync(limit.Token);
            _received = [.. _received, .. read.Buffer.ToArray()];
            connection.Input.AdvanceTo(read.Buffer.End);
            _isAtEnd = read.IsCompleted;
            return !read.Buffer.IsEmpty || !_isAtEnd;
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested)
        {
            return false;
        }
        catch (NetworkException)
        {
            // How a connection ends differs between servers: to a transcript every end is an end.
            _isAtEnd = true;
            return false;
        }
    }

    private enum Framing
    {
        NeedMore,
        PromptBegan,
        Answer,
        Notification,
    }
}
