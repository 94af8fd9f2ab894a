using System.Buffers;
using System.Text;
using AtSync.Transport;

namespace AtSync.Client.Tests.Onboarding;

/// <summary>Reads and writes whole lines of a connection, for peers that tests script.</summary>
internal sealed class LinePeer(IConnection connection)
{
    /// <summary>The next line without its end; null at the end.</summary>
    public async Task<string?> ReadAsync()
    {
        while (true)
        {
            var result = await connection.Input.ReadAsync();
            if (result.Buffer.PositionOf((byte)'\n') is { } end)
            {
                var line = Encoding.UTF8.GetString(result.Buffer.Slice(0, end));
                connection.Input.AdvanceTo(result.Buffer.GetPosition(1, end));
                return line;
            }

            connection.Input.AdvanceTo(result.Buffer.Start, result.Buffer.End);
            if (result.IsCompleted)
            {
                return null;
            }
        }
    }

    public async Task WriteAsync(string text) => await connection.Output.WriteAsync(Encoding.UTF8.GetBytes(text));
}
