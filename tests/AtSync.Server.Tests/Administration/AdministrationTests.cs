using System.Text;
using System.Text.Json;
using AtSync.Protocol;
using AtSync.Server.Administration;
using AtSync.Transport;

namespace AtSync.Server.Tests.Administration;

public sealed class AdministrationTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_new_atSign_is_added_with_its_address_and_secret_and_tells_them_again_until_it_is_activated()
    {
        await using var bench = await AdminBench.StartAsync();

        var first = await bench.DoAsync("""{"command":"add","atSign":"@Bob"}""");
        var again = await bench.DoAsync("""{"command":"add","atSign":"@bob"}""");

        Assert.Equal(("@bob", "bob.test:1", ServerBench.Secret), (Text(first, "atSign"), Text(first, "address"), Text(first, "secret")));
        Assert.Equal((true, false), (first.GetProperty("added").GetBoolean(), again.GetProperty("added").GetBoolean()));
        Assert.Equal(ServerBench.Secret, Text(again, "secret"));
        Assert.False(first.GetProperty("activated").GetBoolean());
    }

    [Fact]
    public async Task An_activated_atSign_is_not_added_again_and_its_secret_is_gone()
    {
        await using var bench = await AdminBench.StartAsync();
        await ActivateAsync(bench);

        var (fault, error) = await bench.RefusedAsync("""{"command":"add","atSign":"@alice"}""");

        Assert.Equal("refused", fault);
        Assert.Equal("@alice is already hosted here, and activated.", error);
        var entry = (await bench.AskAsync("""{"command":"list"}"""))[0].GetProperty("entry");
        Assert.True(entry.GetProperty("activated").GetBoolean());
        Assert.False(entry.TryGetProperty("secret", out _));
    }

    [Fact]
    public async Task The_list_shows_what_each_atSign_holds_and_may_hold_and_who_is_connected()
    {
        await using var bench = await AdminBench.StartAsync();
        await bench.DoAsync("""{"command":"add","atSign":"@bob"}""");
        await using var owner = await bench.Server.ConnectOwnerAsync();

        var answers = await bench.AskAsync("""{"command":"list"}""");

        Assert.Equal(["@alice", "@bob"], answers[..^1].Select(answer => Text(answer.GetProperty("entry"), "atSign")));
        Assert.Equal(2, answers[^1].GetProperty("atSigns").GetInt32());
        var alice = answers[0].GetProperty("entry");
        Assert.Equal((1, 4, 1), (alice.GetProperty("connections").GetInt32(), alice.GetProperty("records").GetInt32(), alice.GetProperty("lastCommitId").GetInt32()));
        Assert.Equal(JsonValueKind.Null, alice.GetProperty("quota").GetProperty("records").ValueKind);
    }

    [Fact]
    public async Task Removing_deletes_everything_and_ends_connections()
    {
        await using var bench = await AdminBench.StartAsync();
        await using var owner = await bench.Server.ConnectOwnerAsync();

        var removed = await bench.DoAsync("""{"command":"remove","atSign":"@alice"}""");

        Assert.Equal(4, removed.GetProperty("records").GetInt32());
        Assert.Equal(["@alice"], bench.Hosting.Removed);
        await owner.ReadToEndAsync();
        Assert.Equal(("notFound", "@alice is not hosted here."), await bench.RefusedAsync("""{"command":"remove","atSign":"@alice"}"""));
    }

    [Fact]
    public async Task An_export_brings_an_atSign_to_another_server_and_keeps_its_keys()
    {
        await using var from = await AdminBench.StartAsync();
        await using var to = await AdminBench.StartAsync();
        await ActivateAsync(from);
        var file = from.PathOf("alice.export");

        var exported = await from.DoAsync(Request(AdminCommand.Export, file));
        await to.DoAsync("""{"command":"remove","atSign":"@alice"}""");
        var imported = await to.DoAsync(Request(AdminCommand.Import, file));

        Assert.Equal(new FileInfo(file).Length, exported.GetProperty("bytes").GetInt64());
        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
        }

        Assert.True(imported.GetProperty("activated").GetBoolean());
        Assert.False(imported.GetProperty("replaced").GetBoolean());
        await using var stranger = await to.Server.ConnectAsync();
        Assert.Equal("data:hello", await stranger.AnswerAsync("lookup:greeting.app@alice"));
    }

    [Fact]
    public async Task An_import_takes_the_place_of_a_hosted_atSign_only_when_told_and_cuts_who_was_connected()
    {
        await using var bench = await AdminBench.StartAsync();
        var owner = await ActivateAsync(bench);
        var file = bench.PathOf("alice.export");
        await bench.DoAsync(Request(AdminCommand.Export, file));
        await owner.AnswerAsync("update:public:later.app@alice now");

        var (fault, error) = await bench.RefusedAsync(Request(AdminCommand.Import, file));
        Assert.Equal("refused", fault);
        Assert.Contains("Nothing was changed", error, StringComparison.Ordinal);
        Assert.Equal("data:now", await owner.AnswerAsync("llookup:public:later.app@alice"));

        var before = Text(await ListedAsync(bench), "epoch");
        var imported = await bench.DoAsync(Request(AdminCommand.Import, file, replaces: true));
        Assert.True(imported.GetProperty("replaced").GetBoolean());
        Assert.NotEqual(before, Text(imported, "epoch"));
        await owner.ReadToEndAsync();

        // Whoever comes now meets the new store, and commit ids go on above those of both.
        await using var stranger = await bench.Server.ConnectAsync();
        Assert.StartsWith("error:AT0015", await stranger.AnswerAsync("lookup:later.app@alice"), StringComparison.Ordinal);
        Assert.Equal("data:hello", await stranger.AnswerAsync("lookup:greeting.app@alice"));
        Assert.True(imported.GetProperty("lastCommitId").GetInt64() >= 4);
    }

    [Fact]
    public async Task A_damaged_export_or_one_of_somebody_else_changes_nothing()
    {
        await using var bench = await AdminBench.StartAsync();
        var file = bench.PathOf("alice.export");
        await bench.DoAsync(Request(AdminCommand.Export, file));
        var bytes = await File.ReadAllBytesAsync(file, Token);
        bytes[^40] ^= 1;
        await File.WriteAllBytesAsync(file + ".damaged", bytes, Token);
        await File.WriteAllBytesAsync(file + ".half", bytes[..(bytes.Length / 2)], Token);
        var before = (await ListedAsync(bench)).ToString();

        Assert.Equal("store", (await bench.RefusedAsync(Request(AdminCommand.Import, file + ".damaged", replaces: true))).Fault);
        Assert.Contains("cut off", (await bench.RefusedAsync(Request(AdminCommand.Import, file + ".half", replaces: true))).Error, StringComparison.Ordinal);
        Assert.Equal("notFound", (await bench.RefusedAsync(Request(AdminCommand.Import, file + ".none", replaces: true))).Fault);
        Assert.Contains("of @alice, not of @bob", (await bench.RefusedAsync(
            Request(AdminCommand.Import, file, atSign: "@bob"))).Error, StringComparison.Ordinal);
        Assert.Equal(before, (await ListedAsync(bench)).ToString());
    }

    [Fact]
    public async Task An_export_never_writes_over_a_file_and_leaves_none_when_it_fails()
    {
        await using var bench = await AdminBench.StartAsync();
        await File.WriteAllTextAsync(bench.PathOf("there"), "mine", Token);

        Assert.Equal("refused", (await bench.RefusedAsync(Request(AdminCommand.Export, bench.PathOf("there")))).Fault);
        Assert.Equal("notFound", (await bench.RefusedAsync(
            Request(AdminCommand.Export, bench.PathOf("bob"), atSign: "@bob"))).Fault);
        Assert.Equal("store", (await bench.RefusedAsync(Request(AdminCommand.Export, bench.PathOf("no/such/folder")))).Fault);
        Assert.Equal("mine", await File.ReadAllTextAsync(bench.PathOf("there"), Token));
        Assert.Equal(["there"], System.IO.Directory.GetFiles(bench.Folder).Select(Path.GetFileName));
    }

    [Fact]
    public async Task A_renewed_store_has_another_epoch_and_its_connections_are_cut()
    {
        await using var bench = await AdminBench.StartAsync();
        await using var owner = await bench.Server.ConnectOwnerAsync();
        var before = Text(await ListedAsync(bench), "epoch");

        var renewed = await bench.DoAsync("""{"command":"renew","atSign":"@alice"}""");

        Assert.NotEqual(before, Text(renewed, "epoch"));
        await owner.ReadToEndAsync();
    }

    [Fact]
    public async Task Requests_that_make_no_sense_are_named()
    {
        await using var bench = await AdminBench.StartAsync();
        foreach (var (request, part) in new[]
        {
            ("hello", "one line with a JSON object"),
            ("[]", "one line with a JSON object"),
            ("""{"atSign":"@alice"}""", "one line with a JSON object"),
            ("""{"command":"fly"}""", "no command 'fly'"),
            ("""{"command":"add"}""", "needs an \"atSign\""),
            ("""{"command":"add","atSign":"a b@c"}""", "is no atSign"),
            ("""{"command":"export","atSign":"@alice","path":"relative"}""", "an absolute one"),
            ("""{"command":"backup"}""", "needs a \"path\""),
        })
        {
            var (fault, error) = await bench.RefusedAsync(request);
            Assert.Equal("usage", fault);
            Assert.Contains(part, error, StringComparison.Ordinal);
        }

        Assert.Equal("refused", (await bench.RefusedAsync(Request(AdminCommand.BackUp, bench.PathOf("b")))).Fault);
    }

    /// <summary>The first device enrolls, the secret goes, something public is there.</summary>
    private static async Task<RawClient> ActivateAsync(AdminBench bench)
    {
        var (owner, _) = await bench.Server.EnrollAsync();
        await owner.AnswerAsync("update:public:publickey@alice key");
        await owner.AnswerAsync("update:public:greeting.app@alice hello");
        await owner.AnswerAsync("delete:privatekey:at_secret");
        return owner;
    }

    private static async Task<JsonElement> ListedAsync(AdminBench bench) => (await bench.AskAsync("""{"command":"list"}"""))[0].GetProperty("entry");

    private static string Request(AdminCommand command, string path, bool replaces = false, string atSign = "@alice") =>
        Encoding.UTF8.GetString(JsonLines.Format(new AdminRequest(command, AtSign.Parse(atSign), path, replaces).Write).Span);

    private static string? Text(JsonElement element, string name) => element.GetProperty(name).GetString();
}
