using System.Buffers;

namespace AtSync.Protocol.Verbs;

/// <summary><c>stats[:id[,id…]][:regex]</c>.</summary>
public sealed record StatsVerb : Verb
{
    /// <summary>Null = all.</summary>
    public EquatableList<int>? Ids { get; init; }

    /// <summary>After <c>:3</c> or <c>:15</c> only.</summary>
    public string? Regex { get; init; }

    /// <inheritdoc/>
    public override string Word => "stats";

    /// <inheritdoc/>
    public override void WriteTo(IBufferWriter<byte> output) => throw new NotImplementedException();
}
