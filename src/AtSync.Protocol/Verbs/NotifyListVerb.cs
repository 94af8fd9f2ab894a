using System.Buffers;

namespace AtSync.Protocol.Verbs;

/// <summary><c>notify:list[:from][:to][:regex]</c>.</summary>
public sealed record NotifyListVerb : Verb
{
    /// <summary>As typed.</summary>
    public string? FromDate { get; init; }

    /// <summary>As typed.</summary>
    public string? ToDate { get; init; }

    /// <summary>Filter.</summary>
    public string? Regex { get; init; }

    /// <inheritdoc/>
    public override string Word => "notify:list";

    /// <inheritdoc/>
    public override void WriteTo(IBufferWriter<byte> output) => throw new NotImplementedException();
}
