using AtSync.Protocol;
using AtSync.Storage.Server;

namespace AtSync.Storage.Tests.Server;

public sealed class MemoryAddressBookTests : AddressBookConformance
{
    protected override IAddressBook Open() => new MemoryAddressBook();

    public override void Dispose()
    {
    }
}

public sealed class SqliteAddressBookTests : AddressBookConformance
{
    private readonly TempFolder _folder = new();

    protected override IAddressBook Open() => SqliteAddressBook.Open(_folder.File("addresses.db"));

    public override void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Entries_are_there_after_a_restart_and_for_another_holder()
    {
        await using (var book = Open())
        {
            await book.SetAsync(Alice, "localhost:25000", None);
            await using var other = Open();
            Assert.Equal("localhost:25000", await other.FindAsync(Alice, None));
            await other.SetAsync(Alice, "localhost:25001", None);
            Assert.Equal("localhost:25001", await book.FindAsync(Alice, None));
        }

        await using var again = Open();
        Assert.Equal("localhost:25001", await again.FindAsync(Alice, None));
    }

    [Fact]
    public async Task More_than_a_page_is_listed()
    {
        await using var book = Open();
        for (var i = 0; i < 1001; i++)
        {
            await book.SetAsync(AtSign.Parse($"@p{i}"), "h:1", None);
        }

        var names = new HashSet<string>();
        await foreach (var (atSign, _) in book.ListAsync("", None))
        {
            Assert.True(names.Add(atSign.Name));
        }

        Assert.Equal(1001, names.Count);
    }

    [Fact]
    public async Task A_probe_writes_and_changes_nothing()
    {
        await using (var book = Open())
        {
            await book.SetAsync(Alice, "h:1", None);
            await book.ProbeAsync(None);
        }

        await using var again = Open();
        Assert.Equal("h:1", await again.FindAsync(Alice, None));
    }

    [Fact]
    public async Task After_the_end_calls_are_refused()
    {
        var book = Open();
        await book.DisposeAsync();
        await book.DisposeAsync();
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await book.FindAsync(Alice, None));
    }
}
