using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using AtSync.App.Hosting;
using AtSync.Bench.Processes;

namespace AtSync.EndToEnd.Tests;

public sealed class UpTests : IDisposable
{
    private readonly string _folder = TestWorld.NewFolder();
    private readonly Tool _tool = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private string Data => Path.Combine(_folder, "data");

    public void Dispose() => System.IO.Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task The_ready_line_names_directory_authority_and_each_atSign_with_its_secret()
    {
        using var up = Start("--atsign", "@alice", "@bob");
        using var line = JsonDocument.Parse(await ReadyAsync(up));

        Assert.Equal(["ready", "directory", "ca", "atSigns"], line.RootElement.EnumerateObject().Select(member => member.Name));
        Assert.True(line.RootElement.GetProperty("ready").GetBoolean());
        Assert.True(File.Exists(line.RootElement.GetProperty("ca").GetString()));
        Assert.Equal(["@alice", "@bob"], line.RootElement.GetProperty("atSigns").EnumerateObject().Select(member => member.Name));
        var alice = line.RootElement.GetProperty("atSigns").GetProperty("@alice");
        Assert.StartsWith("localhost:", alice.GetProperty("address").GetString(), StringComparison.Ordinal);
        Assert.NotEmpty(alice.GetProperty("secret").GetString()!);
        Assert.False(alice.GetProperty("activated").GetBoolean());
        Assert.NotEqual(alice.GetProperty("address").GetString(), line.RootElement.GetProperty("atSigns").GetProperty("@bob").GetProperty("address").GetString());
        await EndAsync(up);
    }

    [Fact]
    public async Task After_kill_9_a_restart_tells_the_same_authority_secret_and_ports()
    {
        string first;
        using (var up = Start("--atsign", "@alice"))
        {
            first = await ReadyAsync(up);
            up.Kill();
            await up.WaitForExitAsync(Token);
        }

        var authority = await File.ReadAllTextAsync(ReadyLine.Parse(first).AuthorityFile, Token);
        using var again = Start();
        var second = await ReadyAsync(again);

        Assert.Equal(first, second);
        Assert.Equal(authority, await File.ReadAllTextAsync(ReadyLine.Parse(second).AuthorityFile, Token));
        await EndAsync(again);
    }

    [Fact]
    public async Task SIGTERM_drains_and_ends_with_0()
    {
        using var up = Start("--atsign", "@alice");
        await ReadyAsync(up);

        using var kill = Process.Start("kill", ["-TERM", up.Id.ToString(CultureInfo.InvariantCulture)]);
        await up.WaitForExitAsync(Token);

        Assert.Equal(0, up.ExitCode);
        Assert.Equal("", await up.StandardOutput.ReadToEndAsync(Token));
    }

    [Fact]
    public async Task A_data_folder_in_use_is_refused_with_5_and_left_alone()
    {
        using var up = Start("--atsign", "@alice");
        await ReadyAsync(up);

        var second = await _tool.RunAsync(Token, "up", "--data", Data, "--directory-port", "0", "--first-port", "0", "--json");

        Assert.Equal(5, second.Exit);
        Assert.Contains("in use", second.Errors, StringComparison.Ordinal);
        Assert.Equal("", second.Output);
        await EndAsync(up);
    }

    [Fact]
    public async Task A_port_in_use_is_3_and_named()
    {
        using var other = new TcpListener(IPAddress.Loopback, 0);
        other.Start();
        var port = ((IPEndPoint)other.LocalEndpoint).Port.ToString(CultureInfo.InvariantCulture);

        var directory = await _tool.RunAsync(Token, "up", "--data", Data, "--directory-port", port, "--first-port", "0");
        var server = await _tool.RunAsync(Token, "up", "--data", Data, "--directory-port", "0", "--first-port", port, "--atsign", "@alice");

        Assert.Equal((3, 3), (directory.Exit, server.Exit));
        Assert.Contains(port, directory.Errors, StringComparison.Ordinal);
        Assert.Contains(port, server.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_damaged_data_folder_is_5()
    {
        using (var up = Start("--atsign", "@alice"))
        {
            await ReadyAsync(up);
            await EndAsync(up);
        }

        foreach (var file in System.IO.Directory.EnumerateFiles(Path.Combine(Data, "server"), "*.db"))
        {
            await File.WriteAllBytesAsync(file, [.. Enumerable.Repeat((byte)0x5A, 8192)], Token);
        }

        var result = await _tool.RunAsync(Token, "up", "--data", Data, "--directory-port", "0", "--first-port", "0");

        Assert.Equal(5, result.Exit);
        Assert.Equal("", result.Output);
    }

    private Process Start(params IEnumerable<string> more) =>
        _tool.Start(["up", "--data", Data, "--directory-port", "0", "--first-port", "0", "--parent-stdin", .. more]);

    private static async Task<string> ReadyAsync(Process up) =>
        await up.StandardOutput.ReadLineAsync(Token) ?? throw new InvalidOperationException(await up.StandardError.ReadToEndAsync(Token));

    private static async Task EndAsync(Process up)
    {
        up.StandardInput.Close();
        await up.WaitForExitAsync(Token);
        Assert.Equal(0, up.ExitCode);
    }
}
