using AtSync.Protocol.Verbs;
using AtSync.Server.Records;
using AtSync.Storage.Server;

namespace AtSync.Server.Enrollments;

/// <summary>The keys that the server keeps for an enrollment: the two default keys, sealed for it, and its published login key.</summary>
internal static class EnrollmentKeys
{
    /// <summary>The changes that store the default keys that came with a request or an approval.</summary>
    public static IEnumerable<StoreChange> Put(string id, EnrollParams from, EnrollmentBook book)
    {
        var now = book.Now.ToUnixTimeMilliseconds();
        if (from.EncryptedDefaultEncryptionPrivateKey is { } privateKey)
        {
            var value = EnrollmentDocument.WriteKey(privateKey, from.EncPrivateKeyIv);
            yield return ServerChange.Silent(EnrollmentBook.PrivateKeyKeyOf(id, book.Owner), value, now);
        }

        if (from.EncryptedDefaultSelfEncryptionKey is { } selfKey)
        {
            var value = EnrollmentDocument.WriteKey(selfKey, from.SelfEncKeyIv);
            yield return ServerChange.Silent(EnrollmentBook.SelfKeyKeyOf(id, book.Owner), value, now);
        }
    }

    /// <summary>The change that publishes the login key; none when the names make no key.</summary>
    public static IEnumerable<StoreChange> Publish(Enrollment enrollment, EnrollmentBook book)
    {
        if (PublishedKeyOf(enrollment, book) is { } key)
        {
            yield return ServerChange.Silent(key, Published(enrollment), book.Now.ToUnixTimeMilliseconds());
        }
    }

    /// <summary>The changes that remove what there is. A published key that is another enrollment's by now stays.</summary>
    public static async ValueTask<IReadOnlyList<StoreChange>> RemoveAsync(Enrollment enrollment, EnrollmentBook book, CancellationToken cancellationToken)
    {
        List<StoreChange> changes =
        [
            book.Delete(EnrollmentBook.PrivateKeyKeyOf(enrollment.Id, book.Owner)),
            book.Delete(EnrollmentBook.SelfKeyKeyOf(enrollment.Id, book.Owner)),
        ];
        if (PublishedKeyOf(enrollment, book) is { } key && await book.Store.GetAsync(key, cancellationToken) is { } published
            && published.Value.Span.SequenceEqual(Published(enrollment)))
        {
            changes.Add(book.Delete(key));
        }

        return changes;
    }

    private static byte[] Published(Enrollment enrollment) => EnrollmentDocument.Write(json =>
    {
        json.WriteStartObject();
        json.WriteString("apkamPublicKey", enrollment.ApkamPublicKey);
        json.WriteEndObject();
    });

    private static string? PublishedKeyOf(Enrollment enrollment, EnrollmentBook book) =>
        KeyRules.Compose(
            isCached: false, isPublic: true, null, $"{enrollment.AppName}.{enrollment.DeviceName}.pkam.__pkams.__public_keys", book.Owner.ToString(), out var key) is null
        && KeyRules.CheckLength(key) is null
            ? key
            : null;
}
