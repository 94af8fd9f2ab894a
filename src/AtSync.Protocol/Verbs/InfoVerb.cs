using System.Buffers;

namespace AtSync.Protocol.Verbs;

/// <summary><c>info[:brief|:mtls|:mtlsbrief]</c>.</summary>
public sealed record InfoVerb : Verb
{
    /// <summary><c>brief</c>, <c>mtls</c>, <c>mtlsbrief</c> or null.</summary>
    public string? Form { get; init; }

    /// <inheritdoc/>
    public override string Word => "info";

    /// <inheritdoc/>
    public override void WriteTo(IBufferWriter<byte> output) => throw new NotImplementedException();
}
