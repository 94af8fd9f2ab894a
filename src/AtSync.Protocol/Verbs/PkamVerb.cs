using System.Buffers;

namespace AtSync.Protocol.Verbs;

/// <summary><c>pkam:[signingAlgo:…:][hashingAlgo:…:][enrollmentId:…:]&lt;signature&gt;</c>.</summary>
public sealed record PkamVerb : Verb
{
    /// <summary><c>ecc_secp256r1</c>, <c>rsa2048</c>, <c>mldsa65</c>.</summary>
    public string? SigningAlgo { get; init; }

    /// <summary><c>sha256</c> or <c>sha512</c>.</summary>
    public string? HashingAlgo { get; init; }

    /// <summary>Enrollment to log in with.</summary>
    public string? EnrollmentId { get; init; }

    /// <summary>Base64 text.</summary>
    public required string Signature { get; init; }

    /// <inheritdoc/>
    public override string Word => "pkam";

    /// <inheritdoc/>
    public override void WriteTo(IBufferWriter<byte> output) => throw new NotImplementedException();
}
