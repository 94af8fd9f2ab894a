using System.Buffers;

namespace AtSync.Protocol.Verbs;

/// <summary><c>notify:remove:id</c>.</summary>
public sealed record NotifyRemoveVerb : Verb
{
    /// <summary>Notification id.</summary>
    public required string Id { get; init; }

    /// <inheritdoc/>
    public override string Word => "notify:remove";

    /// <inheritdoc/>
    public override void WriteTo(IBufferWriter<byte> output) => throw new NotImplementedException();
}
