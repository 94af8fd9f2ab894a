using System.Buffers;

namespace AtSync.Protocol.Verbs;

/// <summary><c>cram:&lt;digest&gt;</c>.</summary>
public sealed record CramVerb : Verb
{
    /// <summary>Lower-case hex SHA-512.</summary>
    public required string Digest { get; init; }

    /// <inheritdoc/>
    public override string Word => "cram";

    /// <inheritdoc/>
    public override void WriteTo(IBufferWriter<byte> output) => throw new NotImplementedException();
}
