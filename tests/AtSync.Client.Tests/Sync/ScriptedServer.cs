using System.Buffers;
using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using System.Text.Json;
using AtSync.Protocol;
using AtSync.Protocol.Verbs;
using AtSync.Simulation;
using AtSync.Transport;

namespace AtSync.Client.Tests.Sync;

/// <summary>
/// A small atServer of @alice in memory with its directory, written against the protocol and not against our server: ours by its features, a Dart one of
/// 2024 without them. Every answer can be intercepted.
/// </summary>
internal sealed class ScriptedServer
{
    public static readonly HostPort Root = new("root.test", 64);
    public static readonly HostPort Address = new("alice.test", 25000);
    private static readonly string[] AllFeatures = ["atsync.ifCommit", "atsync.epoch", "atsync.pipelining", "atsync.multiplexedMonitor"];

    // Guards the log and the monitors.
    private readonly Lock _gate = new();
    private readonly SortedDictionary<long, Row> _log = [];
    private readonly Dictionary<string, Row> _rows = new(StringComparer.Ordinal);
    private readonly List<Session> _monitors = [];
    private readonly TimeProvider _clock;
    private long _lastId;

    public ScriptedServer(MemoryNetwork network, TimeProvider clock)
    {
        _clock = clock;
        network.Listen(Root, DirectoryAsync);
        network.Listen(Address, connection => new Session(this, connection).RunAsync());
    }

    public IReadOnlyList<string> Features { get; set; } = AllFeatures;

    public string Version { get; set; } = "3.17.0";

    public string? Epoch { get; set; } = "epoch-1";

    public string PublicKey { get; set; } = "PUBLICKEY";

    /// <summary>Most entries of a page.</summary>
    public int PageEntries { get; set; } = 2000;

    /// <summary>The 2024 way: this many log entries are taken, then those the enrollment may not see are left out.</summary>
    public int? Window { get; set; }

    /// <summary>What the enrollment may see.</summary>
    public Func<string, bool> MaySee { get; set; } = static _ => true;

    /// <summary>Sees each command; a result is sent instead of the answer (an empty one is silence).</summary>
    public Func<string, string?>? Intercept { get; set; }

    /// <summary>Refuses single commands of a batch: key → error element, or null.</summary>
    public Func<string, (string Code, string Message)?>? Refuse { get; set; }

    /// <summary>Answers wait for this.</summary>
    public Task Gate { get; set; } = Task.CompletedTask;

    public ConcurrentQueue<string> Commands { get; } = [];

    public int BatchesSeen { get; private set; }

    public long LastId
    {
        get
        {
            lock (_gate)
            {
                return _lastId;
            }
        }
    }

    public static ScriptedServer Of2024(MemoryNetwork network, TimeProvider clock) =>
        new(network, clock) { Features = [], Version = "3.0.52", Epoch = null, PageEntries = 25, Window = 25 };

    public long Put(string key, string value, string metadata = "\"isEncrypted\":\"false\"") => Commit(key, CommitOp.UpdateAll, value, metadata);

    public long Delete(string key) => Commit(key, CommitOp.Delete, null, null);

    /// <summary>Live records, as every device should have them.</summary>
    public SortedDictionary<string, string> Live()
    {
        lock (_gate)
        {
            return new SortedDictionary<string, string>(
                _rows.Values.Where(row => row.Op != CommitOp.Delete).ToDictionary(row => row.Key, row => row.Value ?? ""), StringComparer.Ordinal);
        }
    }

    public string? MetadataOf(string key)
    {
        lock (_gate)
        {
            return _rows.TryGetValue(key, out var row) ? row.Metadata : null;
        }
    }

    /// <summary>Goes back to an older copy.</summary>
    public void Restore(Action change)
    {
        lock (_gate)
        {
            _rows.Clear();
            _log.Clear();
            _lastId = 0;
        }

        change();
    }

    private long Commit(string key, CommitOp op, string? value, string? metadata)
    {
        long id;
        lock (_gate)
        {
            id = Store(key, op, value, metadata);
        }

        TellMonitors(id);
        return id;
    }

    private long Store(string key, CommitOp op, string? value, string? metadata)
    {
        if (_rows.TryGetValue(key, out var before))
        {
            _log.Remove(before.CommitId);
        }

        var row = new Row(key, op, value, metadata, ++_lastId);
        _rows[key] = row;
        _log[row.CommitId] = row;
        return row.CommitId;
    }

    private void TellMonitors(long id)
    {
        Session[] monitors;
        lock (_gate)
        {
            monitors = [.. _monitors];
        }

        foreach (var monitor in monitors)
        {
            monitor.Tell(id, _clock.GetUtcNow().ToUnixTimeMilliseconds());
        }
    }

    /// <summary>An atDirectory that knows @alice.</summary>
    internal static async Task DirectoryAsync(IConnection connection)
    {
        await connection.Output.WriteAsync("@"u8.ToArray());
        while (true)
        {
            var result = await connection.Input.ReadAsync();
            var text = Encoding.UTF8.GetString(result.Buffer);
            if (text.Contains("@exit", StringComparison.Ordinal) || result.IsCompleted)
            {
                connection.Input.AdvanceTo(result.Buffer.End);
                return;
            }

            if (!text.EndsWith('\n'))
            {
                connection.Input.AdvanceTo(result.Buffer.Start, result.Buffer.End);
                continue;
            }

            connection.Input.AdvanceTo(result.Buffer.End);
            await connection.Output.WriteAsync(Encoding.UTF8.GetBytes(text.Trim() == "alice" ? $"{Address}\r\n@" : "null\r\n@"));
        }
    }

    private string Answer(string line, Session session)
    {
        lock (_gate)
        {
            Commands.Enqueue(line);
        }

        if (line.StartsWith("from:", StringComparison.Ordinal))
        {
            return "data:_0123@alice:4567";
        }

        if (line.StartsWith("pkam:", StringComparison.Ordinal))
        {
            session.Prompt = "@alice@";
            return "data:success";
        }

        if (line.StartsWith("info", StringComparison.Ordinal))
        {
            var features = string.Join(',', Features.Select(name => $"{{\"name\":\"{name}\",\"status\":\"GA\"}}"));
            return $"data:{{\"version\":\"{Version}\",\"features\":[{features}]{(Epoch is null ? "" : $",\"epoch\":\"{Epoch}\"")}}}";
        }

        if (line.StartsWith("stats:3", StringComparison.Ordinal))
        {
            return $"data: [{{\"id\":\"3\",\"name\":\"lastCommitID\",\"value\":\"{LastId}\"}}]";
        }

        return line switch
        {
            "llookup:public:publickey@alice" => $"data:{PublicKey}",
            "noop:0" => "data:ok",
            _ when line.StartsWith("sync:from:", StringComparison.Ordinal) => "data:" + Page(line),
            _ when line.StartsWith("batch:", StringComparison.Ordinal) => "data:" + Batch(line),
            _ => "error:AT0003-Invalid syntax : invalid command",
        };
    }

    private string Page(string line)
    {
        Assert.True(VerbParser.TryParse(Encoding.UTF8.GetBytes(line), out var verb, out _));
        var sync = (SyncFromVerb)verb;
        KeyFilter? filter = null;
        Assert.True(sync.Regex is null || KeyFilter.TryCreate(sync.Regex, out filter, out _));
        lock (_gate)
        {
            var rows = _log.Values.Where(row => row.CommitId > sync.From && (filter is null || filter.IsMatch(row.Key)));
            rows = Window is { } window ? rows.Take(window).Where(row => MaySee(row.Key)) : rows.Where(row => MaySee(row.Key));
            return "[" + string.Join(',', rows.Take(Math.Min(PageEntries, (int)(sync.Limit ?? 1000))).Select(row => row.ToJson())) + "]";
        }
    }

    private string Batch(string line)
    {
        Assert.True(VerbParser.TryParse(Encoding.UTF8.GetBytes(line), out var verb, out _));
        var reader = new BatchReader(((BatchVerb)verb).Json);
        var answers = new List<string>();
        var last = -1L;
        lock (_gate)
        {
            BatchesSeen++;
            while (reader.TryRead())
            {
                answers.Add($"{{\"id\":{reader.Current.Id},\"response\":{{{Run(reader.Current)}}}}}");
            }

            last = _lastId;
        }

        Assert.Null(reader.Error);
        TellMonitors(last);
        return "[" + string.Join(',', answers) + "]";
    }

    private string Run(BatchItem item)
    {
        Assert.True(VerbParser.TryParse(item.Command, out var verb, out _), Encoding.UTF8.GetString(item.Command.Span));
        var (key, op, value, metadata) = verb switch
        {
            UpdateVerb update => (Full(update.IsPublic, update.SharedWith, update.Key, update.Owner), CommitOp.UpdateAll, Encoding.UTF8.GetString(update.Value.Span), Members(update.Metadata)),
            DeleteVerb delete => (Full(delete.IsPublic, delete.SharedWith, delete.Key, delete.Owner), CommitOp.Delete, (string?)null, (string?)null),
            _ => throw new InvalidOperationException(verb.Word),
        };
        if (Refuse?.Invoke(key) is { } refusal)
        {
            return $"\"error_code\":\"{refusal.Code}\",\"error_message\":\"{refusal.Message}\"";
        }

        if (item.IfCommit is { } expected)
        {
            var row = _rows.GetValueOrDefault(key);
            var matches = expected <= 0 ? row is null || row.Op == CommitOp.Delete : row?.CommitId == expected;
            if (!matches)
            {
                return $"\"error_code\":\"AT0032\",\"error_message\":\"commit moved\",\"currentCommit\":{row?.CommitId ?? -1}";
            }
        }

        return $"\"data\":\"{Store(key, op, value, metadata)}\"";
    }

    private string Members(AtMetadata metadata)
    {
        var output = new ArrayBufferWriter<byte>();
        AtMetadataJson.WriteStrings(metadata with { UpdatedAt = metadata.UpdatedAt ?? _clock.GetUtcNow() }, output);
        return Encoding.UTF8.GetString(output.WrittenSpan).Trim('{', '}');
    }

    private static string Full(bool isPublic, string? sharedWith, string key, string? owner) =>
        AtKey.Fold($"{(isPublic ? "public:" : sharedWith is null ? "" : $"@{sharedWith}:")}{key}@{owner}");

    private sealed record Row(string Key, CommitOp Op, string? Value, string? Metadata, long CommitId)
    {
        public string ToJson() => string.Create(
            CultureInfo.InvariantCulture,
            $"{{\"atKey\":\"{Key}\",\"value\":{(Value is null ? "null" : $"\"{JsonEncodedText.Encode(Value)}\"")},\"metadata\":{(Metadata is null ? "null" : $"{{{Metadata}}}")},\"commitId\":{CommitId},\"operation\":\"{(char)Op}\"}}");
    }

    /// <summary>One connection: lines in order, each answer with its prompt in one write.</summary>
    private sealed class Session(ScriptedServer server, IConnection connection)
    {
        private readonly SemaphoreSlim _output = new(1, 1);

        public string Prompt { get; set; } = "@";

        public async Task RunAsync()
        {
            await WriteAsync("@");
            try
            {
                var pending = "";
                while (true)
                {
                    var result = await connection.Input.ReadAsync();
                    pending += Encoding.UTF8.GetString(result.Buffer);
                    connection.Input.AdvanceTo(result.Buffer.End);
                    for (var end = pending.IndexOf('\n', StringComparison.Ordinal); end >= 0; end = pending.IndexOf('\n', StringComparison.Ordinal))
                    {
                        var line = pending[..end];
                        pending = pending[(end + 1)..];
                        await TakeAsync(line);
                    }

                    if (result.IsCompleted)
                    {
                        return;
                    }
                }
            }
            finally
            {
                lock (server._gate)
                {
                    server._monitors.Remove(this);
                }
            }
        }

        public void Tell(long id, long nowMs) => _ = WriteAsync(
            $"notification: {{\"id\":\"-1\",\"from\":\"@alice\",\"to\":\"@alice\",\"key\":\"statsNotification.@alice\",\"value\":\"{id}\",\"operation\":\"update\",\"epochMillis\":{nowMs},\"messageType\":\"MessageType.key\",\"isEncrypted\":false,\"metadata\":null}}\n");

        private async Task TakeAsync(string line)
        {
            if (line.StartsWith("monitor", StringComparison.Ordinal))
            {
                lock (server._gate)
                {
                    server.Commands.Enqueue(line);
                    server._monitors.Add(this);
                }

                return;
            }

            await server.Gate;
            var answer = server.Intercept?.Invoke(line) ?? server.Answer(line, this);
            if (answer.Length > 0)
            {
                await WriteAsync($"{answer}\n{Prompt}");
            }
        }

        private async Task WriteAsync(string text)
        {
            await _output.WaitAsync();
            try
            {
                await connection.Output.WriteAsync(Encoding.UTF8.GetBytes(text));
            }
            finally
            {
                _output.Release();
            }
        }
    }
}
