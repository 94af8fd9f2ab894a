namespace AtSync.Transport;

/// <summary>One HTTP GET (or HEAD), as far as the owner of the pages needs to know it.</summary>
public sealed record PageRequest
{
    /// <summary>The path with its percent-encodings resolved (<c>%2F</c> stays), beginning with a slash.</summary>
    public required string Path { get; init; }

    /// <summary>The request's target as it was sent: path and query, encodings and all.</summary>
    public required string Target { get; init; }

    /// <summary>The query's parameters; of a repeated one the last.</summary>
    public required IReadOnlyDictionary<string, string> Query { get; init; }

    /// <summary>The local port the client connected to.</summary>
    public required int LocalPort { get; init; }

    /// <summary>The host name the client asked for in TLS (SNI), lower case; empty when none.</summary>
    public required string ServerName { get; init; }

    /// <summary>The host the request names, without its port, lower case; empty when none.</summary>
    public required string Host { get; init; }
}

/// <summary>What is answered to a <see cref="PageRequest"/>.</summary>
/// <param name="Status">HTTP status.</param>
/// <param name="ContentType">Media type of the body.</param>
/// <param name="Body">Sent whole, except to HEAD and to a client that has it already.</param>
public sealed record PageAnswer(int Status, string ContentType, ReadOnlyMemory<byte> Body)
{
    /// <summary>Where the page is instead (with a status of 3xx); null when it is here.</summary>
    public Uri? Location { get; init; }
}

/// <summary>Answers pages. May be called from many threads at once.</summary>
public delegate ValueTask<PageAnswer> PageHandler(PageRequest request, CancellationToken cancellationToken);
