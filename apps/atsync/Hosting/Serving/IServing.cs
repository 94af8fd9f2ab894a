using System.Text.Json;

namespace AtSync.App.Hosting.Serving;

/// <summary>A program that runs from a configuration file until it is told to stop.</summary>
internal interface IServing<TSettings> : IAsyncDisposable
{
    /// <summary>The members of the ready line.</summary>
    void WriteReady(Utf8JsonWriter writer);

    /// <summary>Files besides the configuration whose change asks for a reload.</summary>
    IEnumerable<string> FilesOf(TSettings settings);

    /// <summary>Takes over what may change while it runs: all of it, or nothing.</summary>
    /// <exception cref="System.Security.Cryptography.CryptographicException">A certificate can't be used; nothing has changed.</exception>
    void Use(TSettings settings);

    /// <summary>Null when it can serve; else why not, in a few words. May be asked at any time.</summary>
    ValueTask<string?> WhyNotReadyAsync(CancellationToken cancellationToken);

    /// <summary>Stops listening, lets connections end politely until the token fires, then cuts the rest.</summary>
    Task DrainAsync(CancellationToken cancellationToken);
}
