using System.Buffers;

namespace AtSync.Protocol.Verbs;

/// <summary><c>from:@alice[:clientConfig:{json}]</c>: claims an atSign and asks for a challenge.</summary>
public sealed record FromVerb : Verb
{
    /// <summary>atSign as typed, with or without <c>@</c>.</summary>
    public required string AtSign { get; init; }

    /// <summary>The JSON object text.</summary>
    public string? ClientConfig { get; init; }

    /// <inheritdoc/>
    public override string Word => "from";

    /// <inheritdoc/>
    public override void WriteTo(IBufferWriter<byte> output) => throw new NotImplementedException();
}
