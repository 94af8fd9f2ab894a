using System.Text;
using AtSync.Protocol;
using AtSync.Simulation;
using AtSync.Storage.Server;
using AtSync.Transport;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace AtSync.Directory.Tests;

public sealed class DirectorySessionTests
{
    private readonly FakeTimeProvider _clock = new();
    private readonly MemoryAddressBook _addresses = new();
    private readonly MemoryNetwork _network = new();

    public DirectorySessionTests()
    {
        var directory = new AtDirectory(new AtDirectoryOptions
        {
            Addresses = _addresses,
            TimeProvider = _clock,
            LoggerFactory = NullLoggerFactory.Instance,
        });
        _network.Listen(new HostPort("root", 64), directory.HandleAsync);
    }

    [Theory]
    [InlineData("alice\n")]
    [InlineData("ALICE\r\n")]
    [InlineData("  alice \n")]
    [InlineData("@alice\n")]
    [InlineData("a.lice\n")]
    public async Task A_known_name_is_answered_with_its_address_in_one_write(string request)
    {
        await using var connection = await ConnectAsync();

        await SendAsync(connection, request);

        Assert.Equal("host.example:25000\r\n@", await ReadAsync(connection));
    }

    [Fact]
    public async Task An_atSign_of_emoji_is_found()
    {
        await _addresses.SetAsync(AtSign.Parse("@🦄🦄"), "unicorn:1", TestContext.Current.CancellationToken);
        await using var connection = await ConnectAsync();

        await SendAsync(connection, "🦄🦄\n");

        Assert.Equal("unicorn:1\r\n@", await ReadAsync(connection));
    }

    [Fact]
    public async Task Several_requests_on_one_connection_are_answered_in_order()
    {
        await using var connection = await ConnectAsync();

        for (var i = 0; i < 5; i++)
        {
            await SendAsync(connection, "alice\n");
            Assert.Equal("host.example:25000\r\n@", await ReadAsync(connection));
        }
    }

    [Fact]
    public async Task A_lone_empty_line_is_answered_and_is_no_guess()
    {
        await using var connection = await ConnectAsync();

        for (var i = 0; i < 4; i++)
        {
            await SendAsync(connection, "\r\n");
            Assert.Equal("null\r\n@", await ReadAsync(connection));
        }

        await SendAsync(connection, "alice\n\n");
        Assert.Equal("host.example:25000\r\n@", await ReadAsync(connection));
    }

    [Fact]
    public async Task Guessing_is_slowed_down_and_ended()
    {
        await using var connection = await ConnectAsync();

        await SendAsync(connection, "nobody\n");
        Assert.Equal("null\r\n@", await ReadAsync(connection));

        await SendAsync(connection, "nobody1\n");
        Assert.False(connection.Input.TryRead(out _));
        _clock.Advance(TimeSpan.FromSeconds(3));
        Assert.Equal("null\r\n@", await ReadAsync(connection));

        await SendAsync(connection, "nobody2\n");
        _clock.Advance(TimeSpan.FromSeconds(3));
        Assert.Equal("", await ReadAsync(connection));
    }

    [Theory]
    [InlineData("a b\n")]
    [InlineData("al:ice\n")]
    [InlineData("al@ice\n")]
    public async Task What_is_no_name_is_not_found(string request)
    {
        await using var connection = await ConnectAsync();

        await SendAsync(connection, request);

        Assert.Equal("null\r\n@", await ReadAsync(connection));
    }

    [Theory]
    [InlineData("@exit\n")]
    [InlineData("@exit")]
    [InlineData("@EXIT\r\n")]
    public async Task Exit_ends_the_connection_without_a_word(string request)
    {
        await using var connection = await ConnectAsync();

        await SendAsync(connection, request);

        Assert.Equal("", await ReadAsync(connection));
    }

    [Fact]
    public async Task A_request_that_is_too_long_ends_the_connection_without_a_word()
    {
        await using var connection = await ConnectAsync();

        await SendAsync(connection, new string('a', 256));

        Assert.Equal("", await ReadAsync(connection));
    }

    [Fact]
    public async Task An_idle_connection_is_ended()
    {
        await using var connection = await ConnectAsync();

        _clock.Advance(TimeSpan.FromMinutes(10));

        Assert.Equal("", await ReadAsync(connection));
        await _network.WhenHandlersEndedAsync();
        Assert.Empty(_network.HandlerFailures);
    }

    private async Task<IConnection> ConnectAsync()
    {
        await _addresses.SetAsync(AtSign.Parse("@alice"), "host.example:25000", TestContext.Current.CancellationToken);
        var connection = await _network.DialAsync(new HostPort("root", 64), TestContext.Current.CancellationToken);
        Assert.Equal("@", await ReadAsync(connection));
        return connection;
    }

    private static async Task SendAsync(IConnection connection, string text) =>
        await connection.Output.WriteAsync(Encoding.UTF8.GetBytes(text), TestContext.Current.CancellationToken);

    /// <summary>What one write brought; empty at the end.</summary>
    private static async Task<string> ReadAsync(IConnection connection)
    {
        var read = await connection.Input.ReadAsync(TestContext.Current.CancellationToken);
        var text = Encoding.UTF8.GetString(read.Buffer);
        connection.Input.AdvanceTo(read.Buffer.End);
        return text;
    }
}
