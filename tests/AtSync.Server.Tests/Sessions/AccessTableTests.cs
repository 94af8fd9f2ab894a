using AtSync.Protocol;
using AtSync.Server.Enrollments;
using AtSync.Server.Tests.Enrollments;

namespace AtSync.Server.Tests.Sessions;

/// <summary>Verb by caller by namespace, on raw bytes: what one policy allows, all verbs allow.</summary>
public sealed class AccessTableTests
{
    private static readonly (string Caller, string Namespaces)[] _callers =
    [
        ("reader", "{\"wavi\":\"r\"}"),
        ("writer", "{\"wavi\":\"rw\"}"),
        ("allReader", "{\"*\":\"r\"}"),
        ("all", "{\"*\":\"rw\"}"),
        ("allBut", "{\"*\":\"rw\",\"wavi\":\"r\"}"),
        ("manager", "{\"__manage\":\"rw\"}"),
    ];

    /// <summary>Key, then for each caller: <c>r</c> it may read, <c>w</c> write, <c>s</c> it is synced, <c>l</c> a scan lists it; <c>-</c> nothing.</summary>
    private static readonly (string Key, string[] Rights)[] _table =
    [
        ("note.wavi@alice", ["rsl", "rwsl", "rsl", "rwsl", "rsl", "-"]),
        ("deep.sub.wavi@alice", ["rsl", "rwsl", "rsl", "rwsl", "rsl", "-"]),
        ("@bob:note.wavi@alice", ["rsl", "rwsl", "rsl", "rwsl", "rsl", "-"]),
        ("note.other@alice", ["-", "-", "rsl", "rwsl", "rwsl", "-"]),
        ("notwavi.other@alice", ["-", "-", "rsl", "rwsl", "rwsl", "-"]),
        ("plain@alice", ["s", "s", "rsl", "rwsl", "rwsl", "s"]),
        ("public:note.other@alice", ["rl", "rl", "rsl", "rwsl", "rwsl", "rl"]),
        ("@bob:shared_key@alice", ["rwsl", "rwsl", "rwsl", "rwsl", "rwsl", "rwsl"]),
    ];

    public static TheoryData<string> Callers => [.. _callers.Select(each => each.Caller)];

    [Theory]
    [MemberData(nameof(Callers))]
    public async Task A_caller_reads_writes_syncs_and_lists_what_the_table_says(string caller)
    {
        await using var bench = await ServerBench.StartAsync();
        var (owner, _) = await bench.EnrollAsync();
        await using var first = owner;
        var column = Array.FindIndex(_callers, each => each.Caller == caller);
        var id = await bench.ApprovedAsync(owner, caller, _callers[column].Namespaces, TestKeys.OtherDevice);
        await using var device = await bench.LogInAsync(TestKeys.OtherDevice, id);
        foreach (var (key, rights) in _table)
        {
            Assert.StartsWith("data:", await owner.AnswerAsync($"update:{key} 1"), StringComparison.Ordinal);
            var found = await RightsAsync(device, key);
            Assert.True(found == rights[column].Trim('-'), $"{caller}, {key}: expected {rights[column]}, found {found}");
        }
    }

    [Fact]
    public void The_reserved_namespaces_are_closed_whatever_an_enrollment_holds()
    {
        var grants = new NamespaceGrants([new("*", "rw"), new("__manage", "rw"), new("wavi", "rw")], "id1");

        Assert.False(grants.Allows("x.new.enrollments.__manage@alice", KeyAccess.Read));
        Assert.False(grants.Allows("x.id2.a.__e@alice", KeyAccess.Read));
        Assert.False(grants.Allows("x.nid1.a.__e@alice", KeyAccess.Read));
        Assert.True(grants.Allows("x.id1.a.__e@alice", KeyAccess.Write));
        Assert.False(grants.Allows("x.id1.r.__e@alice", KeyAccess.Write));
        Assert.True(grants.Allows("public:_apsk.id2.a.__e@alice", KeyAccess.Read));
        Assert.False(grants.Allows("public:_apsk.id2.a.__e@alice", KeyAccess.Write));
        Assert.False(new NamespaceGrants([new("wavi", "rw")], "id1").Allows($"public:publickey{AtSign.Parse("@alice")}", KeyAccess.Write));
        Assert.True(new NamespaceGrants([new("AT_Contact.buzz", "r")], "id1").Allows("x.at_contact.buzz@alice", KeyAccess.Read));
    }

    [Fact]
    public async Task Nobody_writes_enrollments_as_records()
    {
        await using var bench = await ServerBench.StartAsync();
        await using var owner = await bench.ConnectOwnerAsync();

        Assert.StartsWith("error:AT0009-", await owner.AnswerAsync("update:x.new.enrollments.__manage@alice {}"), StringComparison.Ordinal);
        Assert.StartsWith("error:AT0009-", await owner.AnswerAsync("delete:x.new.enrollments.__manage@alice"), StringComparison.Ordinal);
    }

    private static async Task<string> RightsAsync(RawClient device, string key)
    {
        var rights = "";
        var reads = await IsAllowedAsync(device, $"llookup:{key}");
        Assert.Equal(reads, await IsAllowedAsync(device, $"llookup:all:{key}"));
        rights += reads ? "r" : "";

        // Every form of writing agrees; what is written is what is there, so the next test finds it.
        var writes = await IsAllowedAsync(device, $"update:{key} 1");
        var body = $"{{\"atKey\":\"{key}\",\"value\":\"1\",\"metadata\":{{\"isBinary\":false,\"isEncrypted\":false,\"isPublic\":{(key.StartsWith("public:", StringComparison.Ordinal) ? "true" : "false")}}}}}";
        Assert.Equal(writes, await IsAllowedAsync(device, $"update:json:{body}"));
        Assert.Equal(writes, await IsAllowedAsync(device, $"update:meta:{key}:ttl:0"));
        Assert.Equal(writes, (await device.AnswerAsync($"batch:[{{\"id\":1,\"command\":\"update:{key} 1\"}}]")).Contains("\"data\"", StringComparison.Ordinal));
        Assert.Equal(writes, await IsAllowedAsync(device, $"delete:{key}"));
        if (writes)
        {
            await device.AnswerAsync($"update:{key} 1");
        }

        rights += writes ? "w" : "";
        var synced = (await device.AnswerAsync("sync:from:-1:limit:5000")).Contains($"\"{key}\"", StringComparison.Ordinal);
        Assert.Equal(synced, (await device.AnswerAsync("stats:15")).Contains($"\\\"{key}\\\"", StringComparison.Ordinal));
        rights += synced ? "s" : "";
        return rights + ((await device.AnswerAsync("scan:showhidden:true")).Contains($"\"{key}\"", StringComparison.Ordinal) ? "l" : "");
    }

    private static async Task<bool> IsAllowedAsync(RawClient device, string command)
    {
        var answer = await device.AnswerAsync(command);
        Assert.True(answer.StartsWith("data:", StringComparison.Ordinal) || answer.StartsWith("error:AT0009-", StringComparison.Ordinal), $"{command}: {answer}");
        return answer.StartsWith("data:", StringComparison.Ordinal);
    }
}
