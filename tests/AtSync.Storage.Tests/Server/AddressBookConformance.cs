using AtSync.Protocol;
using AtSync.Storage.Server;

namespace AtSync.Storage.Tests.Server;

/// <summary>What every address book does.</summary>
public abstract class AddressBookConformance : IDisposable
{
    protected static readonly AtSign Alice = AtSign.Parse("@alice");

    protected static CancellationToken None => CancellationToken.None;

    protected abstract IAddressBook Open();

    public abstract void Dispose();

    [Fact]
    public async Task An_address_is_found_replaced_and_removed()
    {
        await using var book = Open();
        Assert.Null(await book.FindAsync(Alice, None));
        Assert.False(await book.RemoveAsync(Alice, None));
        await book.SetAsync(Alice, "localhost:25000", None);
        Assert.Equal("localhost:25000", await book.FindAsync(Alice, None));
        await book.SetAsync(Alice, "localhost:25001", None);
        Assert.Equal("localhost:25001", await book.FindAsync(Alice, None));
        Assert.True(await book.RemoveAsync(Alice, None));
        Assert.Null(await book.FindAsync(Alice, None));
    }

    [Fact]
    public async Task Entries_are_listed_in_order()
    {
        await using var book = Open();
        string[] names = ["zoe", "bob", "\U0001F984", "bo", "\uff41", "alice"];
        foreach (var name in names)
        {
            await book.SetAsync(AtSign.Parse(name), name + ":1", None);
        }

        var list = new List<(string, string)>();
        await foreach (var (atSign, address) in book.ListAsync("", None))
        {
            list.Add((atSign.Name, address));
        }

        Assert.Equal(new[] { "alice", "bo", "bob", "zoe", "\uff41", "\U0001F984" }.Select(name => (name, name + ":1")), list);
    }

    [Fact]
    public async Task Concurrent_callers_do_not_disturb_each_other()
    {
        await using var book = Open();
        await Task.WhenAll(Enumerable.Range(0, 20).Select(i => Task.Run(async () =>
        {
            var atSign = AtSign.Parse($"@p{i}");
            await book.SetAsync(atSign, $"host:{i + 1}", None);
            Assert.Equal($"host:{i + 1}", await book.FindAsync(atSign, None));
        })));
    }
}
