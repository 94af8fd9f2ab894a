using System.Buffers;

namespace AtSync.Protocol.Verbs;

/// <summary><c>otp:get|put[:code][:ttl:ms]</c>.</summary>
public sealed record OtpVerb : Verb
{
    /// <summary><c>get</c> or <c>put</c>.</summary>
    public required string Operation { get; init; }

    /// <summary>For put.</summary>
    public string? Code { get; init; }

    /// <summary>Life, ms.</summary>
    public long? TtlMs { get; init; }

    /// <inheritdoc/>
    public override string Word => "otp";

    /// <inheritdoc/>
    public override void WriteTo(IBufferWriter<byte> output) => throw new NotImplementedException();
}
