using AtSync.Protocol;

namespace AtSync.Server.Peers;

/// <summary>Another atServer could not be asked.</summary>
internal sealed class PeerException(string code, string message, Exception? inner = null) : Exception(message, inner)
{
    public AtError Error { get; } = new(code, message);
}
