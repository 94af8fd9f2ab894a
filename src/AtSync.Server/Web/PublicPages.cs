using System.Text;
using AtSync.Crypto;
using AtSync.Protocol;
using AtSync.Server.Records;
using AtSync.Server.Sessions;
using AtSync.Server.Verbs;
using AtSync.Storage;
using AtSync.Storage.Server;
using AtSync.Transport;

namespace AtSync.Server.Web;

/// <summary>
/// Public records by HTTP: <c>GET /wavi/location</c> is <c>public:location.wavi@alice</c>. The same that <c>lookup</c> tells anybody, less the
/// hidden ones; what is not there, not yet, no longer or not public is 404 without a difference.
/// </summary>
/// <example><c>GET /demo/index.html?at_rt=all</c> → <c>{"key":"public:index.html.demo@alice","data":"…","metaData":{…}}</c></example>
internal static class PublicPages
{
    private const string ReturnType = "at_rt";
    private const string ContentType = "at_ct";
    private const string Json = "application/json";

    private static readonly PageAnswer NotFound = Text(404, "There is no such public record.");
    private static readonly PageAnswer UnknownReturnType = Text(400, "at_rt may be meta or all.");
    private static readonly PageAnswer UnknownContentType = Text(400, "at_ct has to be a media type, such as text/html.");
    private static readonly PageAnswer StoreFailed = Text(503, "The server's store failed; try again later.");

    public static async ValueTask<PageAnswer> GetAsync(PageRequest request, AtServerHost host, CancellationToken cancellationToken)
    {
        var returnType = request.Query.GetValueOrDefault(ReturnType);
        if (returnType is not (null or "meta" or "all"))
        {
            return UnknownReturnType;
        }

        var contentType = request.Query.GetValueOrDefault(ContentType);
        if (contentType is not null && !MediaTypes.IsValid(contentType))
        {
            return UnknownContentType;
        }

        var located = host.Locate(request.LocalPort, request.ServerName) ?? host.Locate(localPort: 0, request.Host);
        if ((located ?? PublicPath.AtSignOf(request.Path)) is not { } owner || PublicPath.KeyOf(request.Path, owner) is not { } key)
        {
            return NotFound;
        }

        try
        {
            return await host.Options.Storage.FindAsync(owner, cancellationToken) is { } store
                && await FindAsync(store, key, isFollowing: returnType is null, host, cancellationToken) is { } record
                    ? Answer(record, key, owner, returnType, contentType)
                    : NotFound;
        }
        catch (StoreException failure)
        {
            Log.StoreFailed(host.Logger, failure, "http");
            return StoreFailed;
        }
    }

    /// <summary>The record as anybody may see it; a value that is a reference stands for the public record it names.</summary>
    private static async ValueTask<StoredRecord?> FindAsync(
        IKeyStore store, string key, bool isFollowing, AtServerHost host, CancellationToken cancellationToken)
    {
        var nowMs = host.Options.TimeProvider.GetUtcNow().ToUnixTimeMilliseconds();
        for (var step = 0; step <= host.Limits.ReferenceDepthMax; step++)
        {
            var record = await store.GetAsync(key, cancellationToken);
            if (record is null || !RecordLife.IsActive(record.Times, nowMs))
            {
                return null;
            }

            if (!isFollowing || References.TargetOf(record.Value) is not { } target)
            {
                return record;
            }

            key = AtKey.Fold($"public:{target}");
            if (!PublicPath.IsVisible(key))
            {
                return null;
            }
        }

        return null;
    }

    private static PageAnswer Answer(StoredRecord record, string key, AtSign owner, string? returnType, string? contentType)
    {
        var isBinary = MetadataRules.Read(record.Metadata.Span).IsBinary ?? false;
        if (returnType == "meta")
        {
            return Written(Json, output => new RecordText(owner).WriteTypedMetadata(record, output));
        }

        if (isBinary)
        {
            // The bytes themselves, also for `all`: JSON has no place for them.
            return new PageAnswer(
                200, contentType ?? MediaTypes.OfName(key, owner) ?? "application/octet-stream", Base2e15.Decode(Encoding.UTF8.GetString(record.Value.Span)));
        }

        return returnType == "all"
            ? Written(contentType ?? Json, output => new RecordText(owner).WriteAll(key, record, output))
            : new PageAnswer(200, contentType ?? MediaTypes.OfName(key, owner) ?? "text/plain; charset=utf-8", record.Value);
    }

    private static PageAnswer Written(string contentType, Action<AnswerBuffer> write)
    {
        using var buffer = new AnswerBuffer();
        write(buffer);
        return new PageAnswer(200, contentType, buffer.Written.ToArray());
    }

    private static PageAnswer Text(int status, string text) => new(status, "text/plain; charset=utf-8", Encoding.UTF8.GetBytes(text + "\n"));
}
