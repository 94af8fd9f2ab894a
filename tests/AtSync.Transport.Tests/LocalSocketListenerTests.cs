using System.Text;

namespace AtSync.Transport.Tests;

public sealed class LocalSocketListenerTests : IDisposable
{
    private readonly TestFolder _folder = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private string SocketFile => Path.Combine(_folder.Path, "admin.sock");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_program_of_the_same_user_gets_its_answer()
    {
        await using var listener = Start(EchoAsync);

        Assert.Equal("hello", await AskAsync("hello"));
    }

    [Fact]
    public async Task Only_the_owner_may_open_the_socket()
    {
        await using var listener = Start(EchoAsync);

        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(SocketFile));
        }
    }

    [Fact]
    public async Task What_a_dead_process_left_at_the_path_is_replaced()
    {
        await File.WriteAllTextAsync(SocketFile, "left behind", Token);
        await using var listener = Start(EchoAsync);

        Assert.Equal("again", await AskAsync("again"));
    }

    [Fact]
    public async Task A_handler_that_fails_ends_its_own_connection_only()
    {
        var faults = new List<Exception>();
        var calls = 0;
        await using var listener = LocalSocketListener.Start(
            SocketFile, (stream, stop) => Interlocked.Increment(ref calls) == 1 ? throw new InvalidOperationException("first") : EchoAsync(stream, stop), faults.Add);

        Assert.Equal("", await AskAsync("one"));
        Assert.Equal("two", await AskAsync("two"));
        Assert.Equal("first", Assert.Single(faults).Message);
    }

    [Fact]
    public async Task Disposing_ends_open_connections_and_removes_the_file()
    {
        var listener = Start(EchoAsync);
        await using var stream = await LocalSocketListener.ConnectAsync(SocketFile, Token);
        // Answered once: it is accepted, and nothing is left unread, which would be a reset.
        await stream.WriteAsync("a"u8.ToArray(), Token);
        await stream.ReadExactlyAsync(new byte[1], Token);

        await listener.DisposeAsync();

        Assert.Equal(0, await stream.ReadAsync(new byte[1], Token));
        Assert.False(File.Exists(SocketFile));
        var failure = await Assert.ThrowsAsync<NetworkException>(async () => await LocalSocketListener.ConnectAsync(SocketFile, Token));
        Assert.Equal(NetworkFault.Unreachable, failure.Fault);
        Assert.Contains(SocketFile, failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_path_that_is_too_long_for_a_socket_is_told()
    {
        var failure = Assert.Throws<NetworkException>(() => LocalSocketListener.Start(Path.Combine(_folder.Path, new string('x', 200)), EchoAsync, _ => { }));

        Assert.Contains("too long", failure.Message, StringComparison.Ordinal);
    }

    private LocalSocketListener Start(LocalConnectionHandler handler) => LocalSocketListener.Start(SocketFile, handler, failure => Assert.Fail(failure.ToString()));

    private static async Task EchoAsync(Stream stream, CancellationToken cancellationToken) => await stream.CopyToAsync(stream, cancellationToken);

    private async Task<string> AskAsync(string text)
    {
        await using var stream = await LocalSocketListener.ConnectAsync(SocketFile, Token);
        var buffer = new byte[100];
        try
        {
            await stream.WriteAsync(Encoding.UTF8.GetBytes(text), Token);
            var count = await stream.ReadAsync(buffer, Token);
            return Encoding.UTF8.GetString(buffer, 0, count);
        }
        catch (IOException)
        {
            // The other side ended without reading.
            return "";
        }
    }
}
