using System.Buffers;

namespace AtSync.Protocol.Verbs;

/// <summary><c>enroll:operation[:force][:namespace][:{json}]</c>; the parameters are read by <see cref="EnrollParams"/>.</summary>
public sealed record EnrollVerb : Verb
{
    /// <summary><c>request approve deny revoke unrevoke list fetch delete update listns infons</c>.</summary>
    public required string Operation { get; init; }

    /// <summary><c>:force</c>.</summary>
    public bool Force { get; init; }

    /// <summary>For listns and infons.</summary>
    public string? Namespace { get; init; }

    /// <summary>UTF-8 JSON text; a slice of the line.</summary>
    public ReadOnlyMemory<byte>? Json { get; init; }

    /// <inheritdoc/>
    public override string Word => "enroll";

    /// <inheritdoc/>
    public override void WriteTo(IBufferWriter<byte> output) => throw new NotImplementedException();
}
