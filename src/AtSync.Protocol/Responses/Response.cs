namespace AtSync.Protocol.Responses;

/// <summary>What a handler answers. A closed family.</summary>
public abstract record Response
{
    private protected Response()
    {
    }

    /// <summary><c>data:…</c></summary>
    public static Response Data(string text) => new DataResponse { Payload = System.Text.Encoding.UTF8.GetBytes(text) };

    /// <summary><c>data:…</c></summary>
    public static Response Data(ReadOnlyMemory<byte> payload) => new DataResponse { Payload = payload };

    /// <summary><c>data:null</c></summary>
    public static Response Null { get; } = Data("null");

    /// <summary>A refusal.</summary>
    public static Response Refuse(string code, string detail, bool closes = false) => new ErrorResponse { Error = new AtError(code, detail, closes) };

    /// <summary>A refusal.</summary>
    public static Response Refuse(AtError error) => new ErrorResponse { Error = error };
}

/// <summary><c>data:payload</c> and a newline.</summary>
public sealed record DataResponse : Response
{
    /// <summary>Without <c>data:</c>.</summary>
    public required ReadOnlyMemory<byte> Payload { get; init; }

    /// <summary>One space after <c>data:</c> (<c>stats</c>, <c>notify:all</c>).</summary>
    public bool HasSpace { get; init; }
}

/// <summary>An error line.</summary>
public sealed record ErrorResponse : Response
{
    /// <summary>Code and detail.</summary>
    public required AtError Error { get; init; }

    /// <summary><c>error:CODE:text</c>, always text, without the table's text (<c>pkam</c> and <c>enroll</c> states, <c>stats</c>).</summary>
    public bool HasColonForm { get; init; }
}

/// <summary>Written as it is, prompt included or not as the verb demands (<c>pol</c>).</summary>
public sealed record RawResponse : Response
{
    /// <summary>The bytes.</summary>
    public required ReadOnlyMemory<byte> Bytes { get; init; }
}

/// <summary>Nothing at all (<c>monitor</c>).</summary>
public sealed record NoResponse : Response
{
    /// <summary>The one value.</summary>
    public static NoResponse Instance { get; } = new();
}

/// <summary>How one connection wants its answers.</summary>
/// <param name="Prompt"><c>@</c>, <c>@alice@</c> or <c>@bob@</c>.</param>
/// <param name="ErrorPrompt">The prompt of error lines (never the pol form).</param>
/// <param name="IsAuthenticated">By cram or pkam: the table's text stands before the detail, otherwise <c>Exception</c>.</param>
/// <param name="HasJsonErrors">The client's version is above 3.0.37.</param>
public readonly record struct ResponseStyle(string Prompt, string ErrorPrompt, bool IsAuthenticated, bool HasJsonErrors);
