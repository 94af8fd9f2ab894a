using System.Text;
using System.Text.Json;
using AtSync.Server.Administration;

namespace AtSync.Server.Tests.Administration;

/// <summary>A server in memory with its administration, and a folder for files.</summary>
internal sealed class AdminBench : IAsyncDisposable
{
    private AdminBench(ServerBench server)
    {
        Server = server;
        Hosting = new FakeHosting(server.Host);
        Administration = new Server.Administration.Administration(new AdministrationOptions { Host = server.Host, Hosting = Hosting });
    }

    public ServerBench Server { get; }

    public FakeHosting Hosting { get; }

    public Server.Administration.Administration Administration { get; }

    public string Folder { get; } = System.IO.Directory.CreateTempSubdirectory("atsync-admin-").FullName;

    public static async Task<AdminBench> StartAsync() => new(await ServerBench.StartAsync());

    public string PathOf(string name) => Path.Combine(Folder, name);

    /// <summary>Every answer to a request.</summary>
    public async Task<List<JsonElement>> AskAsync(string request)
    {
        var answers = new List<JsonElement>();
        await AdminSession.RunAsync(
            Encoding.UTF8.GetBytes(request),
            Administration,
            answer =>
            {
                answers.Add(JsonDocument.Parse(answer).RootElement.Clone());
                return ValueTask.CompletedTask;
            },
            TestContext.Current.CancellationToken);
        return answers;
    }

    /// <summary>The last answer, which has to be a good one.</summary>
    public async Task<JsonElement> DoAsync(string request)
    {
        var last = (await AskAsync(request))[^1];
        Assert.True(last.GetProperty("ok").GetBoolean(), last.ToString());
        return last;
    }

    /// <summary>Kind and text of a refusal.</summary>
    public async Task<(string Fault, string Error)> RefusedAsync(string request)
    {
        var last = (await AskAsync(request))[^1];
        Assert.False(last.GetProperty("ok").GetBoolean(), last.ToString());
        return (last.GetProperty("fault").GetString()!, last.GetProperty("error").GetString()!);
    }

    public async ValueTask DisposeAsync()
    {
        await Server.DisposeAsync();
        System.IO.Directory.Delete(Folder, recursive: true);
    }
}
