using System.Globalization;
using System.Text.Json;
using AtSync.Crypto;
using AtSync.Transport;

namespace AtSync.Client.Tests.Onboarding;

/// <summary>An atServer of @alice that knows just what an activation says, as servers with or without enrollments do.</summary>
internal sealed class ScriptedServer
{
    private readonly Dictionary<string, string> _records = [];
    private readonly Dictionary<string, (string PublicKey, string App, string Device)> _enrollments = [];
    private int _numbers;

    public bool HasEnroll { get; init; } = true;

    public string? Secret { get; private set; } = "s3cret";

    public string? PublishedKey => _records.GetValueOrDefault("public:publickey@alice");

    public int Enrollments => _enrollments.Count;

    public void Put(string key, string value) => _records[key] = value;

    public async Task HandleAsync(IConnection connection)
    {
        var peer = new LinePeer(connection);
        var session = new Session();
        await peer.WriteAsync("@");
        while (await peer.ReadAsync() is { } line)
        {
            var answer = Answer(line, session);
            await peer.WriteAsync($"{answer}\n{(session.IsAuthenticated ? "@alice@" : "@")}");
            if (answer.StartsWith("error:AT0003", StringComparison.Ordinal))
            {
                return;
            }
        }
    }

    private string Answer(string line, Session session)
    {
        var word = line.Split(':')[0];
        return word switch
        {
            "from" => "data:" + (session.Challenge = $"_{++_numbers}@alice:{_numbers}"),
            "cram" => Login(session, Secret is not null && CramDigest.Matches(Secret, session.Challenge, line["cram:".Length..])),
            "pkam" => Login(session, Pkam(line, session.Challenge)),
            "info" => "error:AT0003-Invalid syntax : invalid command",
            "lookup" => Look("public:" + line["lookup:".Length..]),
            "llookup" when session.IsAuthenticated => Look(line["llookup:".Length..]),
            "update" when session.IsAuthenticated => Update(line),
            "delete" when session.IsAuthenticated => Delete(line),
            "enroll" when HasEnroll && session.IsAuthenticated => Enroll(line),
            "enroll" => "error:AT0003-Invalid syntax : invalid command",
            _ => "error:AT0401-Client authentication failed : command cannot be executed without auth",
        };
    }

    private static string Login(Session session, bool isRight)
    {
        session.IsAuthenticated |= isRight;
        return isRight ? "data:success" : "error:AT0401-Client authentication failed : wrong";
    }

    private bool Pkam(string line, string challenge)
    {
        var parts = line.Split(':');
        var at = Array.IndexOf(parts, "enrollmentId");
        var key = at < 0 ? _records.GetValueOrDefault("privatekey:at_pkam_publickey")
            : _enrollments.TryGetValue(parts[at + 1], out var enrollment) ? enrollment.PublicKey : null;
        return key is not null && PkamSignature.Verify(key, null, null, challenge, parts[^1]) == true;
    }

    private string Look(string key) => _records.TryGetValue(key, out var value) ? "data:" + value : "error:AT0015-key not found : " + key;

    private string Update(string line)
    {
        var space = line.IndexOf(' ', StringComparison.Ordinal);
        var key = line[..space].Replace("update:", "", StringComparison.Ordinal).Replace("isEncrypted:false:", "", StringComparison.Ordinal);
        _records[key] = line[(space + 1)..];
        return "data:" + (++_numbers).ToString(CultureInfo.InvariantCulture);
    }

    private string Delete(string line)
    {
        Assert.Equal("delete:privatekey:at_secret", line);
        Secret = null;
        return "data:" + (++_numbers).ToString(CultureInfo.InvariantCulture);
    }

    private string Enroll(string line)
    {
        if (line.StartsWith("enroll:list", StringComparison.Ordinal))
        {
            return "data:{" + string.Join(',', _enrollments.Select(pair =>
                $$"""{{"\""}}{{pair.Key}}.new.enrollments.__manage@alice":{"appName":"{{pair.Value.App}}","deviceName":"{{pair.Value.Device}}"}""")) + "}";
        }

        using var json = JsonDocument.Parse(line["enroll:request:".Length..]);
        string Member(string name) => json.RootElement.GetProperty(name).GetString()!;
        var (app, device, key) = (Member("appName"), Member("deviceName"), Member("apkamPublicKey"));
        Assert.NotEqual(Member("encPrivateKeyIV"), Member("selfEncKeyIV"));
        if (_enrollments.Values.Any(other => other.App == app && other.Device == device))
        {
            return "error:AT0011-Internal server exception : Another enrollment exists";
        }

        var id = $"id-{++_numbers}";
        _enrollments[id] = (key, app, device);
        _records["privatekey:at_pkam_publickey"] = key;
        return $$"""data:{"enrollmentId":"{{id}}","status":"approved"}""";
    }

    private sealed class Session
    {
        public string Challenge { get; set; } = "";

        public bool IsAuthenticated { get; set; }
    }
}
