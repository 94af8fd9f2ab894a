using System.Buffers;
using System.Text;
using System.Text.RegularExpressions;
using AtSync.Protocol.Verbs;
using CsCheck;

namespace AtSync.Protocol.Tests.Verbs;

/// <summary>The hand-written parsers against the published patterns: the same verdict, the same fields.</summary>
public sealed class VerbOracleTests
{
    private static readonly Dictionary<VerbWord, string[]> Examples = new()
    {
        [VerbWord.From] = ["from:@alice", "from:alice", "from:@alice🛠:clientConfig:{\"version\":\"3.1.0\"}"],
        [VerbWord.To] = ["to:@alice"],
        [VerbWord.Cram] = ["cram:9f86d0"],
        [VerbWord.Pkam] = ["pkam:abc=", "pkam:signingAlgo:rsa2048:hashingAlgo:sha256:enrollmentId:a-b:c=", "pkam:enrollmentId:x:s", "pkam:signingAlgo:mldsa65:y"],
        [VerbWord.Pol] = ["pol"],
        [VerbWord.Llookup] =
            ["llookup:phone.wavi@alice", "llookup:meta:cached:public:phone@bob", "llookup:all:@bob:phone@alice", "llookup:public:x@alice", "llookup:cached:@a:x@b"],
        [VerbWord.Plookup] = ["plookup:phone@bob", "plookup:bypassCache:true:all:phone.wavi@bob", "plookup:meta:@x"],
        [VerbWord.Lookup] = ["lookup:phone@bob", "lookup:bypassCache:false:meta:phone wavi@bob", "lookup:all:a@b@c", "lookup:x@y"],
        [VerbWord.Scan] = ["scan", "scan:cl:showhidden:true:@bob:page:2 .*", "scan:showHidden:false", "scan foo"],
        [VerbWord.Config] = ["config:block:add:@a @b", "config:block:show", "config:set:autoNotify=true", "config:block:remove:@a"],
        [VerbWord.Stats] = ["stats", "stats:1,2,3", "stats:3:.wavi", "stats:15:x", "stats:,3", "stats:0"],
        [VerbWord.SyncFrom] = ["sync:from:-1", "sync:from:5:limit:10:.*", "sync:from:5:limit:10:skipDeletesUntil:7:a:b", "sync:from:1:skipDeletesUntil:3"],
        [VerbWord.Update] =
        [
            "update:phone.wavi@alice 123", "update:public:phone@alice hello @ : world", "update:@bob:phone@alice x", "update:nc:json:{\"a\":1}", "update:json:{}",
            "update:privatekey:at_pkam_publickey MIIB", "update:nc v", "update:public v",
            "update:ttl:-1:ttb:2:ttr:3:ccd:true:cAt:2026-01-02T03:04:05.678Z:uAt:2026-01-02T03:04:05Z:eAt:2026-01-02T03:04:05.1Z:aAt:2026-01-02T03:04:05Z:dataSignature:s:sharedKeyStatus:t:isBinary:true:isEncrypted:false:sharedKeyEnc:a=:pubKeyCS:b:pubKeyHash:c:hashingAlgo:sha512:encoding:base64:encKeyName:k:encAlgo:AES/CTR/PKCS7Padding:ivNonce:n:skeEncKeyName:l:skeEncAlgo:RSA:immutable:true:appMetadata:e30=:@bob:phone.wavi@alice v",
        ],
        [VerbWord.UpdateMeta] =
            ["update:meta:phone@alice:ttl:5", "update:meta:nc:public:phone@alice", "update:meta:@bob:ph@alice:isEncrypted:true:ivNonce:x", "update:meta:nc@alice"],
        [VerbWord.Delete] =
        [
            "delete:phone@alice", "delete:dAt:2026-01-02T03:04:05Z:nc:force:priority:low:cached:public:phone@alice", "delete:privatekey:at_secret",
            "delete:@bob:phone", "delete:force@alice", "delete:cached", "delete:nc:public",
        ],
        [VerbWord.Monitor] = ["monitor", "monitor .wavi", "monitor:strict:selfNotifications:multiplexed:123 .*", "monitor:0"],
        [VerbWord.Notify] =
        [
            "notify:@bob:phone.wavi@alice:123", "notify:update:@bob:public:phone@alice", "notify:public:phone@alice", "notify:@bob:phone:val@ue@x",
            "notify:@bob:phone::v@w", "notify:@bob:ab",
            "notify:id:a-1:update:messageType:key:priority:low:strategy:latest:latestN:2:notifier:SYSTEM:ttln:5:eAtn:2026-01-02T03:04:05Z:eph:ttl:0:ttb:0:isEncrypted:true:@bob:phone@alice:a:b",
        ],
        [VerbWord.NotifyList] = ["notify:list", "notify:list:2026-01-01:2026-2-3:.wavi", "notify:list:2026--:x", "notify:list:.*"],
        [VerbWord.NotifyStatus] = ["notify:status:a-1"],
        [VerbWord.NotifyFetch] = ["notify:fetch:a-1"],
        [VerbWord.NotifyRemove] = ["notify:remove:a-1", "notify:remove:notify:remove:b"],
        [VerbWord.NotifyAll] =
            ["notify:all:@a,@b:phone@c:v", "notify:all:update:messageType:text:ttl:1:ttb:2:ttr:-1:ccd:falsee:@a:k", "notify:all:update:k", "notify:all:ttl:5:k"],
        [VerbWord.Batch] = ["batch:[{\"id\":1,\"command\":\"x\"}]"],
        [VerbWord.Info] = ["info", "info:brief", "info:mtls", "info:mtlsbrief"],
        [VerbWord.Noop] = ["noop:0", "noop:5000"],
        [VerbWord.Enroll] = ["enroll:request:{\"a\":1}", "enroll:list", "enroll:revoke:force:{\"a\":1}", "enroll:listns:wavi", "enroll:fetch{\"a\":1}", "enroll:infons:wavi:{}"],
        [VerbWord.Otp] = ["otp:get", "otp:put:abc123:ttl:5", "otp:put:ttl:5", "otp:get:ttl:7"],
        [VerbWord.Keys] =
        [
            "keys:put:public:namespace:__global:appName:wavi:deviceName:phone:keyType:rsa2048:encryptionKeyName:e-1:keyName:k.v MIIB x", "keys:get:self",
            "keys:get:keyName:k@a", "keys:delete:keyName:x", "keys:putprivate",
        ],
    };

    private static readonly string[] Pieces =
    [
        ":", "@", " ", "::", ":public", ":@bob", ":nc", ":cached", ":force", ":json:", ":meta", "meta:", ":all", ":ttl:5", ":ttl:x", ":ccd:True", ":isBinary:true", ":uAt:2026-01-02T03:04:05Z",
        ":ivNonce:a", ":null", "a", "ab", "0", "5", "-1", "-", ".", "\n", "\r", "\u2028", "\u00a0", "\u3000", "é", "🛠", "あ", "{", "}", ",", "=", "_", "scan", "config:set:a", "public:", "update:",
        "limit:3", ":limit:3", "ttl:1:", "ccd:true:", ":eph", ":2026-01-01", "force", "true", "e", "\t", "s",
    ];

    [Fact]
    public void A_mutated_command_gets_the_verdict_and_the_fields_of_the_published_pattern()
    {
        var words = PublishedPatterns.Words.ToArray();
        var edits = Gen.Select(Gen.Int[0, 4], Gen.Int[0, 1000], Gen.Int[0, Pieces.Length - 1]).List[0, 4];
        Gen.Select(Gen.Int[0, words.Length - 1], Gen.Int[0, 20], edits).Sample(
            (w, example, list) =>
            {
                var examples = Examples[words[w]];
                AssertAgrees(list.Aggregate(examples[example % examples.Length], (text, edit) => Edit(text, edit.Item1, edit.Item2, Pieces[edit.Item3])));
            },
            iter: 60_000);
    }

    [Fact]
    public void Every_example_is_taken_as_the_published_pattern_takes_it()
    {
        foreach (var example in Examples.Values.SelectMany(e => e))
        {
            AssertAgrees(example);
        }
    }

    [Fact]
    public void Where_a_pattern_gives_parts_back_the_parser_does_too()
    {
        string[] lines =
        [
            "pkam:signingAlgo:rsa2048:", "pkam:signingAlgo:rsa2048:hashingAlgo:sha256:", "pkam:enrollmentId::x", "pkam:enrollmentId:a:b:", "lookup:all:x@y", "lookup:all:@y",
            "llookup:all:x@alice", "llookup:cached:x@alice", "llookup:meta@alice", "plookup:bypassCache:true:@x", "update:nc:nc v", "update:ncx v", "update:publicity@a v",
            "update:nc:public@a v", "delete:nc", "delete:nc:nc", "delete:priority:low", "delete:priority:low:force", "delete:cached:public", "delete:force:priority:low:x",
            "sync:from:5:limit:10x", "sync:from:5:limit:1:skipDeletesUntil:2x", "sync:from:5:skipDeletesUntil:2:", "notify:all:update:messageType:key:x", "notify:all:ttl:1:ttb:2:x",
            "notify:@bob:a:b", "notify:@bob:é:v@w", "notify:@bob:🛠@a", "notify:@bob:あ@a", "notify:@bob:あ:v@w", "otp:put:abc12", "otp:put:abcdefg", "scan foo scan",
            "scan:@bob scan", "notify:remove: notify:remove:x", "config:x config:set:a=b", "config:block:show ", "enroll:listns:a:b", "enroll:approve:forced{}",
            "update:meta:あ@a", "update:meta:🛠@a", "update:meta:public@a", "keys:get keyName:x y", "from:a:clientConfig:{}", "stats:,0", "enroll:revoke:force\u2028:{\"a\":1}", "stats:3:", "stats:1,3:x", "stats::x",
        ];
        foreach (var line in lines)
        {
            AssertAgrees(line);
        }
    }

    private static string Edit(string text, int kind, int at, string piece)
    {
        var i = at % (text.Length + 1);
        return kind switch
        {
            0 => text.Insert(i, piece),
            1 => i < text.Length ? text.Remove(i, 1) : text,
            2 => i < text.Length ? text.Remove(i, 1).Insert(i, piece) : text + piece,
            3 => text[..i] + text[i..].ToUpperInvariant(),
            _ => text[..i],
        };
    }

    private static void AssertAgrees(string text)
    {
        // Half a surrogate pair cannot be on the wire.
        var line = Encoding.UTF8.GetBytes(text);
        text = Encoding.UTF8.GetString(line);
        if (VerbParser.WordOf(line) is not { } word || word == VerbWord.Stream)
        {
            return;
        }

        var normal = Encoding.UTF8.GetString(VerbDispatch.Normalise(line).Span);
        var match = PublishedPatterns.MatchOf(word, normal);
        var isParsed = VerbParser.TryParse(line, out var verb, out var error);
        if (match is not null && !isParsed && IsNamedDifference(match))
        {
            return;
        }

        Assert.True((match is not null) == isParsed, $"verdict of {text}: pattern {match is not null}, parser {isParsed} {error}");
        if (match is null)
        {
            Assert.Equal(AtErrorCodes.InvalidSyntax, error!.Code);
            return;
        }

        Assert.Equal(VerbFields.Describe(word, match), VerbFields.Describe(verb!));
        AssertRoundTrip(verb!);
    }

    /// <summary>What was parsed can be written, and reads back as the same; unless it holds what a writer must refuse or the reader would drop.</summary>
    private static void AssertRoundTrip(Verb verb)
    {
        var output = new ArrayBufferWriter<byte>();
        try
        {
            verb.WriteTo(output);
        }
        catch (FormatException)
        {
            return;
        }

        Assert.True(VerbParser.TryParse(output.WrittenMemory, out var again, out _), Encoding.UTF8.GetString(output.WrittenSpan));
        if (verb is ScanVerb { ShowHidden: null } && again is ScanVerb { ShowHidden: false } scan)
        {
            // Written in front of a pattern that would be changed behind the bare word; it is the default.
            again = scan with { ShowHidden = null };
        }

        Assert.Equal(VerbFields.Describe(verb), VerbFields.Describe(again));
    }

    /// <summary>Numbers beyond 64 bits, and days that no calendar has.</summary>
    private static bool IsNamedDifference(Match match) => match.Groups.Cast<Group>().Any(g => g.Success
        && ((g.Name is "cAt" or "uAt" or "eAt" or "aAt" or "dAt" or "eAtn" && !AtMetadataJson.TryParseTime(g.Value, out _))
            || (g.Value.Length > 18 && g.Value.TrimStart('-').All(char.IsAsciiDigit))));
}
