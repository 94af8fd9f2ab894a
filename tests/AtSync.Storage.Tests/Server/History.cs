using System.Globalization;
using AtSync.Storage.Server;

namespace AtSync.Storage.Tests.Server;

/// <summary>
/// A fixed sequence of calls whose every prefix can be recognised: call n writes its number under one of a few keys, deletes another
/// and rewrites a counter, in one <see cref="IKeyStore.ApplyAsync"/>.
/// </summary>
public static class History
{
    private const int Keys = 7;
    private const int ChangesPerCall = 3;

    public static StoreChange[] Call(int n) =>
    [
        Change.Put($"k{n % Keys}", Value(n), metadata: new string('m', n % 50)),
        Change.Delete($"k{(n + 3) % Keys}"),
        Change.Put("counter", n.ToString(CultureInfo.InvariantCulture)),
    ];

    /// <summary>How many whole calls the store holds; fails when it is not exactly a prefix of the history.</summary>
    public static async Task<int> PrefixAsync(IKeyStore store)
    {
        var calls = await store.ValueAsync("counter") is { } counter ? int.Parse(counter, CultureInfo.InvariantCulture) + 1 : 0;
        Assert.Equal(calls * ChangesPerCall - 1, store.LastCommitId);
        var expected = new Dictionary<string, (long CommitId, string? Value)>(StringComparer.Ordinal);
        for (var n = 0; n < calls; n++)
        {
            expected[$"k{n % Keys}"] = (n * ChangesPerCall, Value(n));
            expected[$"k{(n + 3) % Keys}"] = (n * ChangesPerCall + 1, null);
            expected["counter"] = (n * ChangesPerCall + 2, n.ToString(CultureInfo.InvariantCulture));
        }

        var log = await store.LogAsync();
        Assert.Equal(
            expected.OrderBy(row => row.Value.CommitId).Select(row => (row.Value.CommitId, row.Key, row.Value.Value ?? "")),
            log.Select(entry => (entry.CommitId, entry.Key, entry.Value)));
        Assert.Equal(expected.Values.Count(row => row.Value is not null), store.RecordCount);
        return calls;
    }

    // Some values need overflow pages.
    private static string Value(int n) => n.ToString(CultureInfo.InvariantCulture).PadLeft(1 + n * 997 % 9000, '.');
}
