using AtSync.Protocol;
using AtSync.Protocol.Verbs;
using AtSync.Server.Tests.Enrollments;
using AtSync.Server.Tests.Peers;

namespace AtSync.Server.Tests.Sessions;

/// <summary>
/// Every verb by who calls it, on raw bytes. A cell is what is answered: <c>ok</c>, <c>null</c>, <c>[]</c>, or the number of the error. Each cell meets a
/// server of its own state, so that no command hides what another one may do.
/// </summary>
public sealed class VerbAccessTests
{
    private static readonly string[] _callers = ["none", "cram", "pkam", "rw", "r", "other", "star", "root", "pol"];

    private static string[] Rows() => _table.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    public static TheoryData<string> Callers => [.. _callers];

    [Theory]
    [MemberData(nameof(Callers))]
    public async Task A_caller_may_do_what_the_table_says(string caller)
    {
        var column = Array.IndexOf(_callers, caller);
        var wrong = new List<string>();
        await using var world = await World.StartAsync(caller);
        foreach (var row in Rows())
        {
            var cells = row.Split('|', StringSplitOptions.TrimEntries);
            var found = await world.AskAsync(cells[0]);
            var expected = cells[1].Split(' ', StringSplitOptions.RemoveEmptyEntries)[column];
            if (found != expected)
            {
                wrong.Add($"{cells[0]}: expected {expected}, found {found}");
            }
        }

        Assert.True(wrong.Count == 0, string.Join('\n', wrong));
    }

    [Fact]
    public void The_table_has_every_verb()
    {
        var words = Rows().Select(row => VerbParser.WordOf(System.Text.Encoding.UTF8.GetBytes(row.Split('|')[0].Trim()))).ToHashSet();
        Assert.Equal(Enum.GetValues<VerbWord>().Select(word => (VerbWord?)word).Order(), words.Order());
    }

    // The columns: nobody, cram, plain pkam, enrollments with wavi:rw, wavi:r, buzz:rw, *:rw, everything (the first device), and @bob's server by pol.
    private const string _table = """
        update:k.wavi@alice 1 | 401  ok   ok   ok   9    9    ok   ok   401
        update:k.buzz@alice 1 | 401  ok   ok   9    9    ok   ok   ok   401
        update:plain@alice 1 | 401  ok   ok   9    9    9    ok   ok   401
        update:@bob:k.wavi@alice 1 | 401  ok   ok   ok   9    9    ok   ok   401
        update:public:k.buzz@alice 1 | 401  ok   ok   9    9    ok   ok   ok   401
        update:public:publickey@alice key | 401  ok   ok   9    9    9    9    ok   401
        update:shared_key.bob@alice 1 | 401  ok   ok   ok   ok   ok   ok   ok   401
        update:privatekey:at_pkam_publickey key | 401  ok   ok   9    9    9    9    ok   401
        update:x.new.enrollments.__manage@alice {} | 401  9    9    9    9    9    9    9    401
        update:x.__private_keys.wavi@alice 1 | 401  9    9    9    9    9    9    9    401
        update:public:wavi.first.pkam.__pkams.__public_keys@alice {} | 401  9    9    9    9    9    9    9    401
        update:private:x@alice 1 | 401  3    3    3    3    3    3    3    401
        update:k@bob 1 | 401  16   16   16   16   16   16   16   401
        update:json:{"atKey":"k.buzz@alice","value":"1","metadata":{"isBinary":false,"isEncrypted":false,"isPublic":false}} | 401  ok   ok   9    9    ok   ok   ok   401
        update:json:{"atKey":"privatekey:at_secret","value":"1","metadata":{"isBinary":false,"isEncrypted":false,"isPublic":false}} | 401  16   16   16   16   16   16   16   401
        update:meta:k.wavi@alice:ttl:0 | 401  ok   ok   ok   9    9    ok   ok   401
        update:meta:k.buzz@alice:ttl:0 | 401  ok   ok   9    9    ok   ok   ok   401
        delete:k.wavi@alice | 401  ok   ok   ok   9    9    ok   ok   401
        delete:k.buzz@alice | 401  ok   ok   9    9    ok   ok   ok   401
        delete:plain@alice | 401  ok   ok   9    9    9    ok   ok   401
        delete:public:PublicKey@alice | 401  9    9    9    9    9    9    9    401
        delete:signing_publickey@alice | 401  9    9    9    9    9    9    9    401
        delete:cached:public:k.wavi@bob | 401  ok   ok   ok   9    9    ok   ok   401
        llookup:k.wavi@alice | 401  ok   ok   ok   ok   9    ok   ok   401
        llookup:k.buzz@alice | 401  ok   ok   9    9    ok   ok   ok   401
        llookup:plain@alice | 401  ok   ok   9    9    9    ok   ok   401
        llookup:public:k.buzz@alice | 401  ok   ok   ok   ok   ok   ok   ok   401
        llookup:all:@bob:k.wavi@alice | 401  ok   ok   ok   ok   9    ok   ok   401
        llookup:@alice:signing_privatekey@alice | 401  ok   ok   9    9    9    9    ok   401
        llookup:private:spp.__otp@alice | 401  ok   ok   9    9    9    9    9    401
        llookup:private:wavi.first.mine.__private_keys.__global@alice | 401  ok   ok   9    9    9    9    9    401
        llookup:<target>.new.enrollments.__manage@alice | 401  ok   ok   9    9    9    9    9    401
        lookup:k.wavi@alice | 15   ok   ok   ok   ok   9    ok   ok   ok
        lookup:k.buzz@alice | ok   15   15   9    9    15   15   15   15
        lookup:all:publickey@nobody | 15   7    7    9    9    9    7    7    15
        plookup:k.buzz@alice | 401  ok   ok   ok   ok   ok   ok   ok   401
        scan | ok   ok   ok   ok   ok   ok   ok   ok   ok
        scan:@nobody | 401  7    7    9    9    9    7    7    401
        scan:cl | 401  ok   ok   ok   ok   ok   ok   ok   401
        sync:from:-1:limit:5 | 401  ok   ok   ok   ok   ok   ok   ok   401
        stats:3 | 401  ok   ok   ok   ok   ok   ok   ok   401
        config:block:show | 401  null null 9    9    9    9    null 401
        config:block:add:@eve | 401  ok   ok   9    9    9    9    ok   401
        config:set:autoNotify=false | 401  ok   ok   ok   ok   ok   ok   ok   401
        monitor | 401  silent silent silent silent silent silent silent 401
        stream:init@bob s f 1 | 3    3    3    3    3    3    3    3    3
        notify:@bob:k.wavi@alice:1 | 401  ok   ok   ok   9    9    ok   ok   9
        notify:@bob:k.buzz@alice:1 | 401  ok   ok   9    9    ok   ok   ok   9
        notify:@alice:k.wavi@bob:1 | 401  9    9    9    9    9    9    9    ok
        notify:update:@alice:k.wavi@carol:1 | 401  9    9    9    9    9    9    9    9
        notify:all:@bob:k.wavi@alice:1 | 401  ok   ok   ok   9    9    ok   ok   401
        notify:list | null ok   ok   ok   ok   ok   ok   ok   null
        notify:status:n-wavi | null ok   ok   ok   ok   9    ok   ok   null
        notify:status:n-buzz | null ok   ok   9    9    ok   ok   ok   null
        notify:fetch:n-wavi | 401  ok   ok   ok   ok   9    ok   ok   401
        notify:fetch:n-buzz | 401  ok   ok   9    9    ok   ok   ok   401
        notify:remove:n-wavi | 401  ok   ok   ok   9    9    ok   ok   401
        notify:remove:n-buzz | 401  ok   ok   9    9    ok   ok   ok   401
        batch:[{"id":1,"command":"update:k.buzz@alice 1"}] | 401  ok   ok   9    9    ok   ok   ok   401
        info | ok   ok   ok   ok   ok   ok   ok   ok   ok
        noop:0 | ok   ok   ok   ok   ok   ok   ok   ok   ok
        from:@alice | ok   ok   ok   ok   ok   ok   ok   ok   ok
        from:@bob | ok   ok   ok   ok   ok   ok   ok   ok   ok
        to:@alice | ok   ok   ok   ok   ok   ok   ok   ok   ok
        cram:00 | 15   15   15   15   15   15   15   15   15
        pkam:AAAA | 15   15   15   15   15   15   15   15   15
        pol | 11   11   11   11   11   11   11   11   11
        enroll:request:{"appName":"a","deviceName":"b","otp":"secret1","namespaces":{"wavi":"rw"},"apkamPublicKey":"k1","encryptedAPKAMSymmetricKey":"s"} | ok   ok   ok   ok   ok   ok   ok   ok   ok
        enroll:list | 401  ok   ok   ok   ok   ok   ok   ok   401
        enroll:fetch:{"enrollmentId":"<target>"} | 401  ok   ok   9    9    9    9    ok   401
        enroll:approve:{"enrollmentId":"<target>","encryptedDefaultEncryptionPrivateKey":"p","encryptedDefaultSelfEncryptionKey":"s"} | 401  32   32   32   32   32   32   32   401
        enroll:deny:{"enrollmentId":"<target>"} | 401  32   32   32   32   32   32   32   401
        enroll:listns:wavi | 401  401  ok   ok   ok   9    ok   ok   401
        enroll:infons:wavi | 401  401  ok   ok   ok   9    ok   ok   401
        enroll:delete:{"enrollmentId":"<target>"} | 401  32   32   9    9    9    9    32   401
        otp:get | 401  ok   ok   9    9    9    9    ok   401
        otp:put:secret1 | 401  ok   ok   9    9    9    9    ok   401
        keys:get:private | 401  11   11   ok   ok   ok   ok   ok   401
        keys:get:keyName:private:wavi.first.mine.__private_keys.__global@alice | 401  11   11   9    9    9    9    ok   401
        keys:get:keyName:privatekey:at_pkam_publickey | 401  11   11   9    9    9    9    9    401
        keys:put:self:namespace:wavi:appName:a:deviceName:b:keyName:k v | 401  11   11   ok   9    9    ok   ok   401
        keys:put:self:namespace:buzz:appName:a:deviceName:b:keyName:k v | 401  11   11   9    9    ok   ok   ok   401
        keys:delete:keyName:private:wavi.first.mine.__private_keys.__global@alice | 401  11   11   9    9    9    9    ok   401
        delete:privatekey:at_secret | 401  ok   ok   9    9    9    9    ok   401
        """;

    /// <summary>@alice with devices of every kind and something in every namespace, one caller, and a peer.</summary>
    private sealed class World : IAsyncDisposable
    {
        private readonly PeerBench _bench;
        private readonly RawClient _owner;
        private readonly string _caller;
        private readonly string? _id;
        private readonly RsaOf _key;
        private readonly string _target;

        private World(PeerBench bench, RawClient owner, string caller, string? id, RsaOf key, string target) =>
            (_bench, _owner, _caller, _id, _key, _target) = (bench, owner, caller, id, key, target);

        public static async Task<World> StartAsync(string caller)
        {
            var bench = await PeerBench.StartAsync();
            var owner = await bench.OwnerAsync("alice");
            var id = DeviceBench.IdOf(await owner.AnswerAsync(DeviceBench.Request("first", "{}", TestKeys.Device.PublicSpkiBase64, null)));
            Assert.Equal("data:ok", await owner.AnswerAsync("otp:put:secret1"));
            string? enrolled = null;
            var namespaces = caller switch
            {
                "rw" => "{\"wavi\":\"rw\"}",
                "r" => "{\"wavi\":\"r\"}",
                "other" => "{\"buzz\":\"rw\"}",
                "star" => "{\"*\":\"rw\"}",
                _ => null,
            };
            if (namespaces is not null)
            {
                enrolled = await EnrollAsync(bench, owner, caller, namespaces, TestKeys.OtherDevice.PublicSpkiBase64);
            }

            var target = await EnrollAsync(bench, owner, "target", "{\"wavi\":\"r\"}", "key-of-target");
            return new World(bench, owner, caller, caller == "root" ? id : enrolled, caller == "root" ? RsaOf.First : RsaOf.Other, target);
        }

        public async Task<string> AskAsync(string command)
        {
            await ResetAsync();
            command = command.Replace("<target>", _target, StringComparison.Ordinal);
            if (_caller == "pol")
            {
                await using var peer = await _bench.HostOf("bob").Peers!.OpenAsync(await _bench.StoreAsync("bob"), AtSign.Parse("@alice"), isProven: true, default);
                try
                {
                    var answer = await peer.AskAsync(command, new CancellationTokenSource(TimeSpan.FromSeconds(5)).Token);
                    return Cell(answer.Error is { } error ? $"error:{error.Code}" : $"data:{answer.Text}");
                }
                catch (Exception failure) when (failure is AtSync.Server.Peers.PeerException or OperationCanceledException)
                {
                    return "end";
                }
            }

            await using var client = await ConnectAsync();
            await client.SendAsync(command + "\nnoop:0\n");
            var text = await client.ReadAsync("\n");
            // Where nothing is said, the answer to what follows comes first.
            return command == "monitor" && text.EndsWith("data:ok\n", StringComparison.Ordinal) ? "silent" : Cell(text.TrimEnd('\n'));
        }

        public async ValueTask DisposeAsync()
        {
            await _owner.DisposeAsync();
            await _bench.DisposeAsync();
        }

        private static async Task<string> EnrollAsync(PeerBench bench, RawClient owner, string device, string namespaces, string key)
        {
            await using var stranger = await bench.StrangerAsync("alice");
            var id = DeviceBench.IdOf(await stranger.AnswerAsync(DeviceBench.Request(device, namespaces, key, "secret1")));
            Assert.StartsWith("data:", await owner.AnswerAsync(DeviceBench.Approve(id)), StringComparison.Ordinal);
            return id;
        }

        /// <summary>What commands may have taken away is there again.</summary>
        private async Task ResetAsync()
        {
            foreach (var key in new[] { "k.wavi@alice", "k.buzz@alice", "plain@alice", "public:k.buzz@alice", "@bob:k.wavi@alice", "@alice:k.wavi@alice", "shared_key.bob@alice" })
            {
                Assert.StartsWith("data:", await _owner.AnswerAsync($"update:{key} v"), StringComparison.Ordinal);
            }

            await _owner.AnswerAsync($"update:privatekey:at_pkam_publickey {TestKeys.Device.PublicSpkiBase64}");
            await _owner.AnswerAsync("notify:id:n-wavi:@alice:k.wavi@alice:1");
            await _owner.AnswerAsync("notify:id:n-buzz:@alice:k.buzz@alice:1");
            await _owner.AnswerAsync("keys:put:private:namespace:__global:appName:wavi:deviceName:first:keyName:mine v");
        }

        private async Task<RawClient> ConnectAsync()
        {
            if (_caller == "cram")
            {
                return await _bench.OwnerAsync("alice");
            }

            var client = await _bench.StrangerAsync("alice");
            if (_caller != "none")
            {
                Assert.Equal("data:success", await client.PkamAsync("alice", _caller == "pkam" || _key == RsaOf.First ? TestKeys.Device : TestKeys.OtherDevice, _caller == "pkam" ? null : _id));
            }

            return client;
        }

        private static string Cell(string answer)
        {
            answer = answer.TrimStart('@').Replace("data: ", "data:", StringComparison.Ordinal);
            var at = answer.IndexOf("AT", StringComparison.Ordinal);
            return answer switch
            {
                "data:null" => "null",
                "data:[]" or "data:{}" => "[]",
                _ when answer.StartsWith("error:", StringComparison.Ordinal) && at >= 0 => answer[(at + 2)..(at + 6)].TrimStart('0'),
                _ when answer.Contains("\"error_code\":\"AT", StringComparison.Ordinal) => answer[(answer.IndexOf("\"AT", StringComparison.Ordinal) + 3)..][..4].TrimStart('0'),
                _ when answer.StartsWith("data:", StringComparison.Ordinal) => "ok",
                _ => answer,
            };
        }

        internal enum RsaOf
        {
            First,
            Other,
        }
    }
}
