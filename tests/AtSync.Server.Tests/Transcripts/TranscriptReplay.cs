using System.Text;
using AtSync.Crypto;
using AtSync.Crypto.Algorithms;

namespace AtSync.Server.Tests.Transcripts;

/// <summary>A connection as the replay needs it: bytes out, and whatever has arrived, waiting for at least one byte.</summary>
internal interface IReplayConnection : IAsyncDisposable
{
    Task SendAsync(byte[] bytes);

    /// <summary>Empty at the end of the stream.</summary>
    Task<byte[]> ReceiveAsync();
}

/// <summary>
/// Replays a transcript against a server that hosts a fresh @alice and compares every answer byte by byte. What a transcript leaves to the
/// replayer is filled in: the owner's secret answers <c>cram</c>, a key made known beforehand answers <c>pkam</c>.
/// </summary>
/// <param name="connect">A new connection to @alice, before its greeting.</param>
/// <param name="secret">The owner's secret.</param>
/// <param name="key">The owner's key.</param>
/// <param name="publishProof">Called before <c>pol</c> with session and challenge: @bob publishes the signed challenge under the session's name.</param>
internal sealed class TranscriptReplay(Func<Task<IReplayConnection>> connect, string secret, RsaPrivateKey key, Func<string, string, Task> publishProof)
{
    private const string Owner = "@alice";

    /// <summary>How the server says that it has no handler for a verb, or was composed without peers.</summary>
    private static readonly string[] Refusals = ["this server does not serve", "no peers are configured on this server"];

    private readonly Dictionary<string, string> _known = [];
    private IReplayConnection? _connection;

    /// <summary>The newest one: what a proof answers.</summary>
    private string _challenge = "";

    /// <summary>Runs to the end, or to where the server says that it does not serve the file's verb.</summary>
    /// <returns>Whether every entry was compared.</returns>
    public async Task<bool> RunAsync(string file)
    {
        await BecomeAsync(Owner);
        await AskAsync($"update:privatekey:at_pkam_publickey {key.PublicSpkiBase64}\n");
        var sent = "";
        var isServed = true;
        foreach (var (mark, text) in Transcript.Read(file))
        {
            switch (mark)
            {
                case 'A':
                    await BecomeAsync(text);
                    break;
                case 'C':
                    var command = Transcript.Command(text, ValueOf);
                    sent = Encoding.UTF8.GetString(command);
                    await BeforeAsync(sent);
                    await _connection!.SendAsync(command);
                    break;
                default:
                    var answer = await ReadAsync();
                    var match = Transcript.Answer(text, _known).Match(answer);
                    if (!match.Success && Refusals.Any(refusal => answer.Contains(refusal, StringComparison.Ordinal)))
                    {
                        isServed = false;
                        break;
                    }

                    NoteChallenge(sent, answer);
                    Assert.True(match.Success, $"{file}\nsent      {sent}expected  {text}\nreceived  {answer}");
                    foreach (var name in match.Groups.Keys.Where(name => !char.IsAsciiDigit(name[0])))
                    {
                        _known[name] = match.Groups[name].Value;
                    }

                    break;
            }

            if (!isServed)
            {
                break;
            }
        }

        await _connection!.DisposeAsync();
        return isServed;
    }

    private string ValueOf(string name) => _known.TryGetValue(name, out var value) ? value : name switch
    {
        "digest" => CramDigest.Compute(secret, _challenge),
        "signature" => PkamSignature.Sign(_challenge, key),
        _ => throw new InvalidOperationException($"<{name}> has no value: no answer before it named it"),
    };

    private void NoteChallenge(string command, string answer)
    {
        if (command.StartsWith("from:", StringComparison.Ordinal) && answer.StartsWith("data:", StringComparison.Ordinal))
        {
            _challenge = answer[(answer.StartsWith("data:proof:", StringComparison.Ordinal) ? "data:proof:" : "data:").Length..answer.IndexOf('\n', StringComparison.Ordinal)];
        }
    }

    /// <summary>Another atServer proves itself by what it publishes before it sends <c>pol</c>.</summary>
    private Task BeforeAsync(string command) =>
        command == "pol\n" ? publishProof(_known["session"], _challenge) : Task.CompletedTask;

    private async Task BecomeAsync(string who)
    {
        if (_connection is not null)
        {
            await _connection.DisposeAsync();
        }

        _connection = await connect();
        Assert.Equal("@", await ReadAsync());
        if (who == "none")
        {
            return;
        }

        Assert.Equal(Owner, who);
        var challenge = (await AskAsync($"from:{Owner}\n"))["data:".Length..^2];
        Assert.Equal($"data:success\n{Owner}@", await AskAsync($"cram:{CramDigest.Compute(secret, challenge)}\n"));
    }

    private async Task<string> AskAsync(string command)
    {
        await _connection!.SendAsync(Encoding.UTF8.GetBytes(command));
        return await ReadAsync();
    }

    /// <summary>Up to a prompt, which is where an answer ends.</summary>
    private async Task<string> ReadAsync()
    {
        var received = new List<byte>();
        while (true)
        {
            var part = await _connection!.ReceiveAsync();
            received.AddRange(part);
            var text = Encoding.UTF8.GetString([.. received]);
            if (part.Length == 0 || text is "@" or "@bob@" || text.EndsWith("\n@", StringComparison.Ordinal)
                || text.EndsWith($"\n{Owner}@", StringComparison.Ordinal) || text.EndsWith("\n@bob@", StringComparison.Ordinal))
            {
                return text;
            }
        }
    }
}
