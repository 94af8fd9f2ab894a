using System.Text;
using AtSync.Protocol;
using AtSync.Storage.Server;
using AtSync.Transport;
using Microsoft.Extensions.Logging.Abstractions;

namespace AtSync.Directory.Tests;

public sealed class DirectoryPagesTests
{
    [Theory]
    [InlineData("/alice", 200, null)]
    [InlineData("/@alice", 200, null)]
    [InlineData("/@alice/", 200, null)]
    [InlineData("/@alice?x=1", 200, null)]
    [InlineData("/@alice/wavi/location", 302, "https://localhost:25000/wavi/location")]
    [InlineData("//alice/a%20b/%2F?at_rt=all&n=%26", 302, "https://localhost:25000/a%20b/%2F?at_rt=all&n=%26")]
    [InlineData("/@bob", 404, null)]
    [InlineData("/@bob/x", 404, null)]
    [InlineData("/", 404, null)]
    [InlineData("", 404, null)]
    [InlineData("/no atsign!/x", 404, null)]
    public async Task A_page_is_the_address_or_the_way_to_the_atServers_page(string target, int status, string? location)
    {
        var addresses = new MemoryAddressBook();
        await addresses.SetAsync(AtSign.Parse("@alice"), "localhost:25000", TestContext.Current.CancellationToken);
        var directory = new AtDirectory(new AtDirectoryOptions
        {
            Addresses = addresses,
            TimeProvider = TimeProvider.System,
            LoggerFactory = NullLoggerFactory.Instance,
        });

        var answer = await directory.GetPageAsync(
            new PageRequest
            {
                Path = Uri.UnescapeDataString(target.Split('?')[0]),
                Target = target,
                Query = new Dictionary<string, string>(),
                LocalPort = 1,
                ServerName = "",
                Host = "",
            },
            TestContext.Current.CancellationToken);

        Assert.Equal((status, location), (answer.Status, answer.Location?.AbsoluteUri));
        Assert.Equal(status == 404 ? "There is no such atSign.\n" : "localhost:25000\n", Encoding.UTF8.GetString(answer.Body.Span));
    }
}
