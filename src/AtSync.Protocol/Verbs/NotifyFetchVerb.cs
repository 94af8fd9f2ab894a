using System.Buffers;

namespace AtSync.Protocol.Verbs;

/// <summary><c>notify:fetch:id</c>.</summary>
public sealed record NotifyFetchVerb : Verb
{
    /// <summary>Notification id.</summary>
    public required string Id { get; init; }

    /// <inheritdoc/>
    public override string Word => "notify:fetch";

    /// <inheritdoc/>
    public override void WriteTo(IBufferWriter<byte> output) => throw new NotImplementedException();
}
