namespace AtSync.Protocol;

/// <summary>A refusal: an error code of the protocol and what in particular was wrong. A value, returned, never thrown by the core.</summary>
/// <param name="Code">Four digits after <c>AT</c>, for example <c>AT0015</c>.</param>
/// <param name="Detail">For a person: what was wrong and what to do. Never a secret, a value or plaintext.</param>
/// <param name="Closes">True when the server ends the connection after saying this.</param>
public sealed record AtError(string Code, string Detail, bool Closes = false)
{
    /// <inheritdoc/>
    public override string ToString() => $"{Code}: {Detail}";
}
