using System.Buffers;
using AtSync.Protocol.Grammar;

namespace AtSync.Protocol.Verbs;

/// <summary>
/// Writes a <c>batch</c> command piece by piece, for a push that seals and writes as it goes. Not thread-safe.
/// <code>batch:[{"id":1,"ifCommit":17,"command":"update:phone.wavi@alice 123"},{"id":2,"command":"delete:old.wavi@alice"}]</code>
/// </summary>
public sealed class BatchWriter
{
    private readonly IBufferWriter<byte> _output;

    /// <summary>Each command is written here first, because inside the JSON it has to be escaped.</summary>
    private readonly ArrayBufferWriter<byte> _command = new(1024);

    private bool _isComplete;

    /// <summary>Writes into <paramref name="output"/>, beginning with <c>batch:[</c>.</summary>
    public BatchWriter(IBufferWriter<byte> output)
    {
        ArgumentNullException.ThrowIfNull(output);
        _output = output;
        _output.Write("batch:["u8);
        BytesWritten = "batch:[".Length;
    }

    /// <summary>Bytes written so far.</summary>
    public long BytesWritten { get; private set; }

    /// <summary>Commands added so far.</summary>
    public int Count { get; private set; }

    /// <summary>
    /// Adds a command. <paramref name="ifCommit"/> only for a peer that lists <c>atsync.ifCommit</c>. A command that cannot be written
    /// (<see cref="FormatException"/>) leaves the batch as it was.
    /// </summary>
    public void Add(long id, Verb command, long? ifCommit = null)
    {
        ArgumentNullException.ThrowIfNull(command);
        ObjectDisposedException.ThrowIf(_isComplete, this);
        _command.ResetWrittenCount();
        command.WriteTo(_command);
        var writer = new VerbWriter(_output);
        writer.Literal(Count == 0 ? "{\"id\":"u8 : ",{\"id\":"u8);
        writer.Number(id);
        if (ifCommit is { } commit)
        {
            writer.Literal(",\"ifCommit\":"u8);
            writer.Number(commit);
        }

        writer.Literal(",\"command\":\""u8);
        JsonText.Inside(ref writer, _command.WrittenSpan);
        writer.Literal("\"}"u8);
        writer.Flush();
        Count++;
        BytesWritten += writer.Written;
    }

    /// <summary>Writes <c>]</c>. Nothing may be added after it.</summary>
    public void Complete()
    {
        if (!_isComplete)
        {
            _isComplete = true;
            _output.Write("]"u8);
            BytesWritten++;
        }
    }
}
