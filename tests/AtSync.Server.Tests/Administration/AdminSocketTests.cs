using System.Text;
using AtSync.Server.Administration;
using AtSync.Transport;

namespace AtSync.Server.Tests.Administration;

/// <summary>The administration through a local socket, as a running server offers it.</summary>
public sealed class AdminSocketTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_request_gets_its_answers_line_by_line_and_the_connection_ends()
    {
        await using var bench = await AdminBench.StartAsync();
        await using var listener = Listen(bench, []);

        var answer = await AskAsync(bench, "{\"command\":\"list\"}\n");

        Assert.Matches("""^\{"entry":\{"atSign":"@alice",.*\}\}\n\{"ok":true,"atSigns":1\}\n$""", answer);
    }

    [Fact]
    public async Task A_line_that_is_too_long_is_refused_by_name()
    {
        await using var bench = await AdminBench.StartAsync();
        await using var listener = Listen(bench, []);

        var answer = await AskAsync(bench, new string('x', AdminRequest.LineBytesMax));

        Assert.Contains("\"fault\":\"usage\"", answer, StringComparison.Ordinal);
        Assert.Contains($"longer than {AdminRequest.LineBytesMax} bytes", answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Who_says_nothing_or_leaves_disturbs_nobody()
    {
        await using var bench = await AdminBench.StartAsync();
        var faults = new List<Exception>();
        await using (var listener = Listen(bench, faults))
        {
            for (var i = 0; i < 40; i++)
            {
                await (await LocalSocketListener.ConnectAsync(bench.PathOf("s"), Token)).DisposeAsync();
            }

            await using (var half = await LocalSocketListener.ConnectAsync(bench.PathOf("s"), Token))
            {
                await half.WriteAsync("{\"command\""u8.ToArray(), Token);
            }

            Assert.EndsWith("{\"ok\":true,\"atSigns\":1}\n", await AskAsync(bench, "{\"command\":\"list\"}\n"), StringComparison.Ordinal);
        }

        Assert.Empty(faults);
    }

    private static LocalSocketListener Listen(AdminBench bench, List<Exception> faults) => LocalSocketListener.Start(
        bench.PathOf("s"), (stream, stop) => AdminSession.ServeAsync(stream, bench.Administration, stop), faults.Add);

    private static async Task<string> AskAsync(AdminBench bench, string request)
    {
        await using var stream = await LocalSocketListener.ConnectAsync(bench.PathOf("s"), Token);
        await stream.WriteAsync(Encoding.UTF8.GetBytes(request), Token);
        using var reader = new StreamReader(stream);
        return await reader.ReadToEndAsync(Token);
    }
}
