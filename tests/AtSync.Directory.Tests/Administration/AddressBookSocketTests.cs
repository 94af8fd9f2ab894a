using System.Text;
using AtSync.Directory.Administration;
using AtSync.Protocol;
using AtSync.Storage.Server;
using AtSync.Storage.Tests.Server;
using AtSync.Transport;

namespace AtSync.Directory.Tests.Administration;

/// <summary>An address book behind the socket is an address book.</summary>
public sealed class AddressBookSocketTests : AddressBookConformance, IAsyncLifetime
{
    private readonly string _folder = System.IO.Directory.CreateTempSubdirectory("atsync-book-").FullName;
    private readonly MemoryAddressBook _book = new();
    private readonly List<Exception> _faults = [];
    private LocalSocketListener _listener = null!;

    private string SocketFile => Path.Combine(_folder, "admin.sock");

    public ValueTask InitializeAsync()
    {
        _listener = AddressBookSocket.Start(SocketFile, _book, _faults.Add);
        return ValueTask.CompletedTask;
    }

    public ValueTask DisposeAsync() => _listener.DisposeAsync();

    public override void Dispose() => System.IO.Directory.Delete(_folder, recursive: true);

    protected override IAddressBook Open() => new SocketAddressBook(SocketFile);

    [Fact]
    public async Task More_than_a_page_is_listed_while_others_ask()
    {
        await using var book = Open();
        for (var i = 0; i < 2_500; i++)
        {
            await _book.SetAsync(AtSign.Parse($"@p{i}"), "h:1", None);
        }

        var names = new HashSet<string>();
        await foreach (var (atSign, address) in book.ListAsync("", None))
        {
            Assert.True(names.Add(atSign.Name));
            if (names.Count % 500 == 0)
            {
                Assert.Equal(address, await book.FindAsync(atSign, None));
            }
        }

        Assert.Equal(2_500, names.Count);
    }

    [Fact]
    public async Task A_directory_that_was_restarted_is_asked_on_a_new_connection()
    {
        await using var book = Open();
        await book.SetAsync(Alice, "h:1", None);
        await _listener.DisposeAsync();
        Assert.Equal(NetworkFault.Closed, (await Assert.ThrowsAsync<NetworkException>(async () => await book.FindAsync(Alice, None))).Fault);
        Assert.Equal(NetworkFault.Unreachable, (await Assert.ThrowsAsync<NetworkException>(async () => await book.FindAsync(Alice, None))).Fault);

        await InitializeAsync();
        Assert.Equal("h:1", await book.FindAsync(Alice, None));
    }

    [Theory]
    [InlineData("{\"set\":\"@alice\",\"address\":\"nowhere\"}", "an address is host:port")]
    [InlineData("{\"set\":\"@alice\"}", "an address is host:port")]
    [InlineData("{\"find\":\"a b\"}", "not allowed")]
    [InlineData("{\"drop\":\"@alice\"}", "none of find, set, remove, list")]
    [InlineData("{}", "a request is an object")]
    [InlineData("[]", "a request is an object")]
    [InlineData("{", "expected")]
    public async Task What_makes_no_sense_is_refused_and_the_connection_goes_on(string request, string problem)
    {
        await using var stream = await LocalSocketListener.ConnectAsync(SocketFile, None);
        var refused = await AskAsync(stream, request);
        Assert.StartsWith("{\"ok\":false,\"error\":\"", refused, StringComparison.Ordinal);
        Assert.Contains(problem, refused, StringComparison.OrdinalIgnoreCase);

        Assert.Equal("{\"ok\":true,\"address\":null}\n", await AskAsync(stream, "{\"find\":\"@alice\"}"));
    }

    [Fact]
    public async Task A_request_that_is_too_long_ends_its_connection()
    {
        await using var stream = await LocalSocketListener.ConnectAsync(SocketFile, None);
        await stream.WriteAsync(new byte[4_096], None);

        Assert.Equal(0, await stream.ReadAsync(new byte[1], None));
        Assert.Contains("longer than 4096 bytes", Assert.Single(_faults).Message, StringComparison.Ordinal);
    }

    private static async Task<string> AskAsync(Stream stream, string request)
    {
        await stream.WriteAsync(Encoding.UTF8.GetBytes(request + "\n"), None);
        var buffer = new byte[1_000];
        return Encoding.UTF8.GetString(buffer, 0, await stream.ReadAsync(buffer, None));
    }
}
