using System.Buffers;
using System.Text.Json;

namespace AtSync.Transport;

/// <summary>Lines of JSON on a stream, each of a bounded length: what local sockets speak.</summary>
/// <param name="stream">Read from.</param>
/// <param name="lineBytesMax">Longest line.</param>
public sealed class JsonLines(Stream stream, int lineBytesMax)
{
    private readonly byte[] _buffer = new byte[lineBytesMax];
    private int _start;
    private int _end;

    /// <summary>The next line without its end, valid until the next call; null at the end of the stream.</summary>
    /// <exception cref="NetworkException">The line is too long.</exception>
    public async ValueTask<ReadOnlyMemory<byte>?> ReadAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            if (_buffer.AsSpan(_start, _end - _start).IndexOf((byte)'\n') is >= 0 and var length)
            {
                var line = _buffer.AsMemory(_start, length);
                _start += length + 1;
                return line;
            }

            _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
            (_start, _end) = (0, _end - _start);
            if (_end == lineBytesMax)
            {
                throw new NetworkException(NetworkFault.NotTheProtocol, $"A line of the administration is longer than {lineBytesMax} bytes.");
            }

            var count = await stream.ReadAsync(_buffer.AsMemory(_end), cancellationToken);
            if (count == 0)
            {
                return null;
            }

            _end += count;
        }
    }

    /// <summary>One object as a line.</summary>
    public static ReadOnlyMemory<byte> Format(Action<Utf8JsonWriter> members)
    {
        var line = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(line))
        {
            writer.WriteStartObject();
            members(writer);
            writer.WriteEndObject();
        }

        line.Write("\n"u8);
        return line.WrittenMemory;
    }
}
