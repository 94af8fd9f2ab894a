using System.Text.RegularExpressions;
using AtSync.Protocol.Tests.Verbs;
using CsCheck;

namespace AtSync.Protocol.Tests;

public sealed class AtKeyTests
{
    private const string Emoji = @"((\u00a9|\u00ae|[\u2000-\u3300]|[\ufe00-\ufe0f]|\ud83c[\ud000-\udfff]|\ud83d[\ud000-\udfff]|\ud83e[\ud000-\udfff]))";
    private const string Unit = @"([\w\-_]|" + Emoji + ")";
    private const string Entity = @"(?<entity>([\w\.\-_'*""]|" + Emoji + ")+)";
    private const string Owner = "@(?<owner>(" + Unit + "{1,55}))";
    private const string Recipient = "((?<sharedWith>" + Unit + "{1,55}):)";

    private static readonly Regex Reserved = PublishedPatterns.Dart(
        @"(((?<=privatekey:)(at_pkam_publickey|at_pkam_privatekey|privatekey|self_encryption_key|at_secret|at_secret_deleted|signing_keypair_generated|commitLogCompactionStats|accessLogCompactionStats|notificationCompactionStats)$)|^(configkey)$|(?:^_([\w\.\-_'*""])+)$)"
        + "|((?<=private:)blocklist|(?<=public:)signing_publickey|(?<=@" + Unit + "{1,55}:)signing_privatekey|(?<=^@" + Recipient + ")shared_key|(?<=public:)publickey|(shared_key\\." + Unit
        + "{1,55}))(?=" + Owner + ")");

    private static readonly (AtKeyKind Kind, Regex Pattern)[] Whole =
    [
        (AtKeyKind.Public, PublishedPatterns.Dart("(?<visibility>(public:){1})" + Entity + Owner)),
        (AtKeyKind.Private, PublishedPatterns.Dart("(?<visibility>(private:){1})(@" + Recipient + ")?" + Entity + Owner)),
        (AtKeyKind.Self, PublishedPatterns.Dart("(@" + Recipient + ")?(_*" + Entity + ")" + Owner)),
        (AtKeyKind.CachedPublic, PublishedPatterns.Dart("(?<visibility>(cached:public:){1})" + Entity + Owner)),
        (AtKeyKind.CachedShared, PublishedPatterns.Dart("(cached:)(@" + Recipient + ")(_*" + Entity + ")" + Owner)),
        (AtKeyKind.Local, PublishedPatterns.Dart("(?<visibility>(local:){1})" + Entity + Owner)),
    ];

    [Theory]
    [InlineData("public:publickey@alice", AtKeyKind.Reserved)]
    [InlineData("cached:public:publickey@bob", AtKeyKind.Reserved)]
    [InlineData("@bob:shared_key@alice", AtKeyKind.Reserved)]
    [InlineData("shared_key.bob@alice", AtKeyKind.Reserved)]
    [InlineData("privatekey:at_secret", AtKeyKind.Reserved)]
    [InlineData("_x", AtKeyKind.Reserved)]
    [InlineData("_x@alice", AtKeyKind.Self)]
    [InlineData("public:_4a-b@bob", AtKeyKind.Public)]
    [InlineData("public:🦄🦄@alice🛠", AtKeyKind.Public)]
    [InlineData("@alice:x@alice", AtKeyKind.Self)]
    [InlineData("@bob:x@alice", AtKeyKind.Shared)]
    [InlineData("cached:@me:x@alice", AtKeyKind.CachedShared)]
    [InlineData("shared_key.bob.until.5@alice", AtKeyKind.Self)]
    [InlineData("public:public:x@alice", AtKeyKind.Invalid)]
    [InlineData("public:a,b@alice", AtKeyKind.Invalid)]
    [InlineData("phone", AtKeyKind.Invalid)]
    public void A_key_has_the_kind_of_the_published_examples(string key, AtKeyKind kind) => Assert.Equal(kind, AtKey.KindOf(key));

    [Fact]
    public void Any_text_has_the_kind_that_the_published_patterns_give_it()
    {
        var piece = Any.Of(
            "public:", "private:", "privatekey:", "local:", "cached:", "@bob:", "@alice", "@", ":", "x", "a.b", "_", "__", "phone.wavi", "at_secret", "at_secret_deleted",
            "shared_key", "shared_key.", "publickey", "signing_publickey", "signing_privatekey", "blocklist", "configkey", "Self_Encryption_Key", "🛠", "\ud83c", "\udfff", "\u3042", "é",
            "*", "'", "\"", ",", "-", "©");
        Gen.OneOf(piece.List[0, 6], piece.List[3, 4].Select(p => (List<string>)["@alice", .. p, "@alice"])).Sample(
            pieces =>
            {
                var key = string.Concat(pieces);
                Assert.True(OracleKind(key) == AtKey.KindOf(key), $"{key}: pattern {OracleKind(key)}, code {AtKey.KindOf(key)}");
            },
            iter: 8_000);
    }

    [Fact]
    public void An_atSign_in_a_key_has_at_most_55_units_as_the_patterns_say()
    {
        foreach (var name in new[] { new string('n', 55), new string('n', 56), string.Concat(Enumerable.Repeat("🛠️", 27)), string.Concat(Enumerable.Repeat("🦄", 55)) })
        {
            foreach (var key in new[] { $"x@{name}", $"@{name}:x@alice", $"@{name}:shared_key@alice", $"shared_key.{name}@alice", $"@{name}:signing_privatekey@alice" })
            {
                Assert.Equal(OracleKind(key), AtKey.KindOf(key));
            }
        }
    }

    [Theory]
    [InlineData("@Bob:Phone.Sub.Wavi@alice", "@bob:phone.sub.wavi@alice", "phone.sub.wavi", "wavi", "bob", "alice")]
    [InlineData(" public: phone@alice ", "public:phone@alice", "phone", null, null, "alice")]
    [InlineData("cached:@me:x.ns@alice", "cached:@me:x.ns@alice", "x.ns", "ns", "me", "alice")]
    [InlineData("privatekey:at_secret", "privatekey:at_secret", "at_secret", null, null, null)]
    [InlineData("public:publickey@alice", "public:publickey@alice", "publickey", null, null, "alice")]
    [InlineData("@bob:shared_key@alice", "@bob:shared_key@alice", "shared_key", null, "bob", "alice")]
    public void A_full_key_is_taken_apart(string text, string full, string entity, string? ns, string? recipient, string? owner)
    {
        Assert.True(AtKey.TryParse(text, out var key, out var problem), problem);
        Assert.Equal((full, entity, ns, recipient, owner), (key.Full, key.Entity, key.Namespace, key.SharedWith?.Name, key.Owner?.Name));
        Assert.Equal(full.StartsWith("cached:", StringComparison.Ordinal), key.IsCached);
    }

    [Theory]
    [InlineData("phone.wavi", "phone.wavi@alice")]
    [InlineData("Public:phone.wavi", "public:phone.wavi@alice")]
    [InlineData("@bob:phone.wavi", "@bob:phone.wavi@alice")]
    [InlineData("@bob:phone.wavi@alice", "@bob:phone.wavi@alice")]
    [InlineData("_x", "_x@alice")]
    [InlineData("privatekey:at_secret", "privatekey:at_secret")]
    public void A_key_as_people_write_it_is_completed(string typed, string full)
    {
        Assert.True(AtKey.TryParseTyped(typed, AtSign.Parse("alice"), out var key, out var problem), problem);
        Assert.Equal(full, key.Full);
    }

    [Theory]
    [InlineData("")]
    [InlineData("my note")]
    [InlineData("@bob")]
    [InlineData("a:b:c")]
    [InlineData("public:public:publickey")]
    [InlineData("a,b")]
    public void What_is_no_key_is_refused_with_words(string typed)
    {
        Assert.False(AtKey.TryParseTyped(typed, AtSign.Parse("alice"), out _, out var problem));
        Assert.NotEmpty(problem);
    }

    [Fact]
    public void The_length_limit_is_inclusive_and_longer_for_cached_copies()
    {
        var name = new string('n', AtKey.MaxLength - "@alice".Length);
        Assert.True(AtKey.TryParse(name + "@alice", out _, out _));
        Assert.False(AtKey.TryParse("n" + name + "@alice", out _, out var problem));
        Assert.Contains("248", problem, StringComparison.Ordinal);
        var cached = "cached:public:" + new string('n', AtKey.MaxCachedLength - "cached:public:@alice".Length) + "@alice";
        Assert.True(AtKey.TryParse(cached, out _, out _));
    }

    [Theory]
    [InlineData("x.sub.notes@alice", "notes", true)]
    [InlineData("x.sub.notes@alice", "sub.notes", true)]
    [InlineData("x.sub.notes@alice", "otes", false)]
    [InlineData("notes@alice", "notes", false)]
    [InlineData("x.sub.notes@alice", "", false)]
    public void A_namespace_covers_its_last_segments(string full, string scope, bool isIn)
    {
        Assert.True(AtKey.TryParse(full, out var key, out _));
        Assert.Equal(isIn, key.IsIn(scope));
    }

    [Theory]
    [InlineData("private:x@a", false)]
    [InlineData("privatekey:at_secret", false)]
    [InlineData("local:x@a", false)]
    [InlineData("public:_x@a", false)]
    [InlineData("public:__x@a", true)]
    [InlineData("_x@a", true)]
    [InlineData("cached:public:x@a", true)]
    public void The_commit_log_takes_what_the_reference_logs(string full, bool isLogged) => Assert.Equal(isLogged, AtKey.IsLogged(full));

    [Fact]
    public void Folding_twice_is_folding_once_and_a_folded_key_is_the_same_string()
    {
        Gen.String[0, 30].Sample(text => Assert.Equal(AtKey.Fold(text), AtKey.Fold(AtKey.Fold(text))), iter: 2000);
        const string Folded = "phone.wavi@alice";
        Assert.Same(Folded, AtKey.Fold(Folded));
    }

    private static AtKeyKind OracleKind(string key)
    {
        if (Reserved.IsMatch(key))
        {
            return AtKeyKind.Reserved;
        }

        foreach (var (kind, pattern) in Whole)
        {
            var match = pattern.Match(key);
            if (match.Success && match.Length == key.Length)
            {
                var recipient = match.Groups["sharedWith"];
                return kind == AtKeyKind.Self && recipient.Success && !recipient.Value.Equals(match.Groups["owner"].Value, StringComparison.OrdinalIgnoreCase)
                    ? AtKeyKind.Shared
                    : kind;
            }
        }

        return AtKeyKind.Invalid;
    }
}
