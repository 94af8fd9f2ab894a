using System.Buffers;

namespace AtSync.Protocol.Verbs;

/// <summary><c>pol</c>: server-to-server proof.</summary>
public sealed record PolVerb : Verb
{

    /// <inheritdoc/>
    public override string Word => "pol";

    /// <inheritdoc/>
    public override void WriteTo(IBufferWriter<byte> output) => throw new NotImplementedException();
}
