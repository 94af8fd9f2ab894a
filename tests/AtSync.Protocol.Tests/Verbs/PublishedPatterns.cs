using System.Text;
using System.Text.RegularExpressions;
using AtSync.Protocol.Verbs;

namespace AtSync.Protocol.Tests.Verbs;

/// <summary>The patterns that upstream publishes, 2024 and 2026, as oracles for the hand-written parsers.</summary>
internal static class PublishedPatterns
{
    private const string Meta2024 =
        @"(:ttl:(?<ttl>(-?)\d+))?(:ttb:(?<ttb>(-?)\d+))?(:ttr:(?<ttr>(-?)\d+))?(:ccd:(?<ccd>true|false))?(:dataSignature:(?<dataSignature>[^:@\s]+))?(:sharedKeyStatus:(?<sharedKeyStatus>[^:@\s]+))?(:isBinary:(?<isBinary>true|false))?(:isEncrypted:(?<isEncrypted>true|false))?(:sharedKeyEnc:(?<sharedKeyEnc>[^:@\s]+))?(:pubKeyCS:(?<pubKeyCS>[^:@\s]+))?(:encoding:(?<encoding>[^:@\s]+))?(:encKeyName:(?<encKeyName>[^:@\s]+))?(:encAlgo:(?<encAlgo>[^:@\s]+))?(:ivNonce:(?<ivNonce>[^:@\s]+))?(:skeEncKeyName:(?<skeEncKeyName>[^:@\s]+))?(:skeEncAlgo:(?<skeEncAlgo>[^:@\s]+))?";

    private const string Iso = @"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d+)?Z";

    private static readonly string Meta2026 = Fragments(
        "ttl I", "ttb I", "ttr I", "ccd B", "cAt T", "uAt T", "eAt T", "aAt T", "dataSignature", "sharedKeyStatus", "isBinary B", "isEncrypted B", "sharedKeyEnc",
        "pubKeyCS", "pubKeyHash", "hashingAlgo", "encoding", "encKeyName", "encAlgo", "ivNonce", "skeEncKeyName", "skeEncAlgo", "immutable B", "appMetadata");

    private const string Scope = @"(:((?<publicScope>public)|(@(?<forAtSign>[^:@\s]+))))?";
    private const string NotifyHead =
        @"^notify(:id:(?<id>[\w\d\-_]+))?(:(?<operation>update|delete))?(:messageType:(?<messageType>key|text))?(:priority:(?<priority>low|medium|high))?(:strategy:(?<strategy>all|latest))?(:latestN:(?<latestN>\d+))?(:notifier:(?<notifier>[^\s:]+))?(:ttln:(?<ttln>\d+))?";

    private const string NotifyTail = @":((?<publicScope>public)|(@(?<forAtSign>[^:@\s]+))):(?<atKey>[^:@]((?!:{2})[^@])+)(@(?<atSign>[^:@\s]+))?(:(?<value>.+))?$";

    /// <summary>Newest first: where both match, the fields of the newest count.</summary>
    private static readonly Dictionary<VerbWord, Regex[]> Patterns = new()
    {
        [VerbWord.From] = [Dart(@"^from:(?<atSign>@?[^:@\s]+)(:clientConfig:(?<clientConfig>\{.+\}))?$")],
        [VerbWord.To] = [Dart(@"^to:(?<atSign>@?[^:@\s]+)$")],
        [VerbWord.Pol] = [Dart(@"^pol$")],
        [VerbWord.Cram] = [Dart(@"^cram:(?<digest>.+$)")],
        [VerbWord.Pkam] =
        [
            Dart(@"^pkam:(signingAlgo:(?<signingAlgo>ecc_secp256r1|rsa2048|mldsa65):)?(hashingAlgo:(?<hashingAlgo>sha256|sha512):)?(enrollmentId:(?<enrollmentId>.+):)?(?<signature>.+$)"),
        ],
        [VerbWord.Llookup] = [Dart(@"^llookup(:(?<operation>meta|all))?(?<cached>:cached)?" + Scope + @":(?<atKey>[^:]((?!:{2})[^@])+)@(?<atSign>[^:@\s]+)$")],
        [VerbWord.Plookup] = [Dart(@"^plookup:(bypassCache:(?<bypassCache>true|false):)?((?<operation>meta|all):)?(?<atKey>[^@\s]+)@(?<atSign>[^:@\s]+)$")],
        [VerbWord.Lookup] = [Dart(@"^lookup:(bypassCache:(?<bypassCache>true|false):)?((?<operation>meta|all):)?(?<atKey>(?:[^:]).+)@(?<atSign>[^:@\s]+)$")],
        [VerbWord.Scan] =
        [
            Dart(@"^scan$|scan(?<commitLog>:cl)?(:showhidden:(?<showhidden>true|false))?(:(?<forAtSign>@[^:@\s]+))?(:page:(?<page>\d+))?( (?<regex>\S+))?$"),
            Dart(@"^scan$|scan(:showhidden:(?<showhidden>true|false))?(:(?<forAtSign>@[^:@\s]+))?(:page:(?<page>\d+))?( (?<regex>\S+))?$"),
        ],
        [VerbWord.Config] =
        [
            Dart(@"^config:(?:(?<=config:)block:(?<operation>add|remove|show)(?:(?<=show)\s?$|(?:(?<=add|remove):(?<atSign>(?:@[^:@\s]+)( (?:@[^\s@]+))*$))))|(?:(?<=config:)(?<setOperation>set|reset|print):(?<configNew>.+)$)"),
        ],
        [VerbWord.Stats] = [Dart(@"^stats(?<statId>:((?!0)\d+)?(,(\d+))*)?(:(?<regex>(?<=:3:|:15:).+))?$")],
        [VerbWord.SyncFrom] =
        [
            Dart(@"^sync:from:(?<from>[0-9]+|-1)(:limit:(?<limit>\d+))?(:skipDeletesUntil:(?<skip>\d+))?(:(?<regex>.+))?$"),
            Dart(@"^sync:from:(?<from>[0-9]+|-1)(:limit:(?<limit>\d+))(:(?<regex>.+))?$"),
        ],
        [VerbWord.Update] =
        [
            Dart(@"^update(?<noCommit>:nc)?(:json:(?<json>.+)|" + Meta2026 + Scope
                + @":(?<atKey>(([^:@\s]+)|(privatekey:at_pkam_publickey)))(@(?<atSign>[^:@\s]+))? (?<value>.+))$"),
            Dart(@"^update:json:(?<json>.+)$|^update" + Meta2024 + Scope
                + @":(?<atKey>(([^:@\s]+)|(privatekey:at_pkam_publickey)))(@(?<atSign>[^:@\s]+))? (?<value>.+)$"),
        ],
        [VerbWord.UpdateMeta] =
        [
            Dart(@"^update:meta(?<noCommit>:nc)?" + Scope + @":(?<atKey>[^:@]((?!:{2})[^:@])+)@(?<atSign>[^:@\s]+)" + Meta2026 + "$"),
            Dart(@"^update:meta" + Scope + @":(?<atKey>[^:@]((?!:{2})[^:@])+)@(?<atSign>[^:@\s]+)" + Meta2024 + "$"),
        ],
        [VerbWord.Delete] =
        [
            Dart(@"^delete(:dAt:(?<dAt>" + Iso + @"))?(?<noCommit>:nc)?(:(?<force>force))?(:priority:(?<priority>low|medium|high))?(?<cached>:cached)?" + Scope
                + @":(?<atKey>(([^:@\s]+)|(privatekey:at_secret)))(@(?<atSign>[^:@\s]+))?$"),
            Dart(@"^delete(:priority:(?<priority>low|medium|high))?(?<cached>:cached)?" + Scope
                + @":(?<atKey>(([^:@\s]+)|(privatekey:at_secret)))(@(?<atSign>[^:@\s]+))?$"),
        ],
        [VerbWord.Monitor] =
        [
            Dart(@"^monitor(:(?<strict>strict))?(:(?<selfNotifications>selfNotifications))?(:(?<multiplexed>multiplexed))?(:(?<epochMillis>\d+))?( (?<regex>.+))?$"),
        ],
        [VerbWord.Notify] =
        [
            Dart(NotifyHead + "(:eAtn:(?<eAtn>" + Iso + "))?(?<eph>:eph)?" + Meta2026 + NotifyTail),
            Dart(NotifyHead + Meta2024 + NotifyTail),
        ],
        [VerbWord.NotifyList] =
        [
            Dart(@"^notify:list(:(?<fromDate>\d{4}-[01]?\d?-[0123]?\d?))?(:(?<toDate>\d{4}-[01]?\d?-[0123]?\d?))?(:(?<regex>[^:]+))?"),
        ],
        [VerbWord.NotifyStatus] = [Dart(@"^notify:status:(?<id>\S+)$")],
        [VerbWord.NotifyFetch] = [Dart(@"^notify:fetch:(?<id>\S+)$")],
        [VerbWord.NotifyRemove] = [Dart(@"notify:remove:(?<id>[\w\d\-_]+)")],
        [VerbWord.NotifyAll] =
        [
            Dart(@"^notify:all:((?<operation>update|delete):)?(messageType:((?<messageType>key|text):))?(?:ttl:(?<ttl>\d+):)?(?:ttb:(?<ttb>\d+):)?(?:ttr:(?<ttr>-?\d+):)?(?:ccd:(?<ccd>true|false+):)?(?<forAtSign>(([^:\s])+)?(,([^:\s]+))*)(:(?<atKey>[^@:\s]+))(@(?<atSign>[^@:\s]+))?(:(?<value>.+))?$"),
        ],
        [VerbWord.Batch] = [Dart(@"^batch:(?<json>.+)$")],
        [VerbWord.Info] = [Dart(@"^info(:(?<form>brief|mtls|mtlsbrief))?$"), Dart(@"^info(:(?<form>brief))?$")],
        [VerbWord.Noop] = [Dart(@"^noop:(?<delayMillis>\d+)$")],
        [VerbWord.Enroll] =
        [
            Dart(@"^enroll:(?<operation>request|approve|deny|revoke|listns|infons|list|fetch|unrevoke|delete|update)(:(?<force>force))?(:(?<ns>[^:{\n]+))?(?::)?(?<params>.+)?$"),
            Dart(@"^enroll:(?<operation>(?:(request|approve|deny|revoke|list|fetch|unrevoke|delete)))(:(?<force>force))?(?::)?((?<params>.+))?$"),
        ],
        [VerbWord.Otp] = [Dart(@"^otp:(?<operation>get|put)(:(?<otp>(?<=put:)\w{6,}))?(:(?:ttl:(?<ttl>\d+)))?$")],
        [VerbWord.Keys] =
        [
            Dart(@"^keys:((?<operation>put|get|delete):?)(?:(?<visibility>public|private|self):?)?(?:namespace:(?<namespace>[a-zA-Z0-9_]+):?)?(?:appName:(?<appName>[a-zA-Z0-9_]+):?)?(?:deviceName:(?<deviceName>[a-zA-Z0-9_]+):?)?(?:keyType:(?<keyType>[a-zA-Z0-9_-]+):?)?(?:encryptionKeyName:(?<encryptionKeyName>[a-zA-Z0-9_\-]+):?)?(?:keyName:(?<keyName>\S+) ?)?(?<keyValue>.*)?$"),
        ],
    };

    /// <summary>The match of the newest pattern that takes the line, or null.</summary>
    public static Match? MatchOf(VerbWord word, string line) =>
        Patterns[word].Select(p => p.Match(line)).FirstOrDefault(m => m.Success);

    public static IEnumerable<VerbWord> Words => Patterns.Keys;

    /// <summary>Compiles with Dart's meaning of <c>. $ \s \S \d \w</c>.</summary>
    public static Regex Dart(string pattern)
    {
        const string Space = @"\t\n\v\f\r \u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ufeff";
        var result = new StringBuilder();
        var isInClass = false;
        for (var i = 0; i < pattern.Length; i++)
        {
            var c = pattern[i];
            if (c == '\\')
            {
                c = pattern[++i];
                result.Append((c, isInClass) switch
                {
                    ('s', true) => Space,
                    ('s', false) => $"[{Space}]",
                    ('S', false) => $"[^{Space}]",
                    ('d', true) => "0-9",
                    ('d', false) => "[0-9]",
                    ('w', true) => "A-Za-z0-9_",
                    ('w', false) => "[A-Za-z0-9_]",
                    _ => "\\" + c,
                });
                continue;
            }

            isInClass = c switch { '[' => true, ']' => false, _ => isInClass };
            result.Append((c, isInClass) switch
            {
                ('.', false) => @"[^\n\r\u2028\u2029]",
                ('$', false) => @"\z",
                _ => c.ToString(),
            });
        }

        return new Regex(result.ToString(), RegexOptions.IgnoreCase | RegexOptions.CultureInvariant, TimeSpan.FromSeconds(5));
    }

    private static string Fragments(params string[] tags) => string.Concat(tags.Select(tag =>
    {
        var name = tag.Split(' ')[0];
        var kind = tag[name.Length..] switch { " I" => @"-?\d+", " B" => "true|false", " T" => Iso, _ => @"[^:@\s]+" };
        return $"(:{name}:(?<{name}>{kind}))?";
    }));
}
