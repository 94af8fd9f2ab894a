using System.Collections;
using System.Text;
using System.Text.Json;
using AtSync.App.CommandLine;
using AtSync.App.Configuration;
using AtSync.Server;
using AtSync.Storage.Server;
using AtSync.Tests;
using Microsoft.Extensions.Logging;

namespace AtSync.EndToEnd.Tests.Serving;

/// <summary>The configuration files: strict, complete, documented.</summary>
public sealed class ConfigurationTests : IDisposable
{
    private readonly string _folder = TestWorld.NewFolder();

    private string FilePath => Path.Combine(_folder, "server.json");

    public void Dispose() => System.IO.Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("server.jsonc", true)]
    [InlineData("directory.jsonc", false)]
    public void The_example_in_the_documentation_has_every_key_its_meaning_and_its_default(string name, bool isServer)
    {
        var example = File.ReadAllText(RepositoryFolder.Of("docs", name));

        Assert.Equal(isServer ? ServerKeys.Table.Document(new ServerSettings()) : DirectoryKeys.Table.Document(new DirectorySettings()), example);
    }

    [Fact]
    public void What_is_printed_is_read_as_it_was()
    {
        Check(ServerKeys.Table, new ServerSettings
        {
            Data = "here",
            Listen = new ListenSettings { Addresses = ["127.0.0.1", "::1"], Mode = PlaceMode.PortPerAtSign },
            Tls = new TlsSettings { Certificates = [new CertificateSetting("a.pem", "b.key")] },
            Limits = new AtServerLimits { StatsInterval = TimeSpan.FromMilliseconds(90_001), Quota = new StoreQuota { Bytes = 5 } },
            Log = new LogSettings { Level = LogLevel.None, Format = LogFormat.Json },
        });
        Check(DirectoryKeys.Table, new DirectorySettings { Data = "here", Port = 0 });

        static void Check<T>(SettingTable<T> table, T settings)
        {
            var problems = new List<string>();
            var read = table.Read(Encoding.UTF8.GetBytes(table.Document(settings)), problems);
            Assert.Empty(problems);
            Assert.Equal(table.Document(settings), table.Document(read));
            Assert.Empty(table.Changed(settings, read));
        }
    }

    [Fact]
    public void Every_limit_of_the_atServer_is_a_key()
    {
        var limits = typeof(AtServerLimits).GetProperties().Select(property => property.Name).Where(name => name is not nameof(AtServerLimits.Quota));
        var quota = typeof(StoreQuota).GetProperties().Where(property => property.GetMethod!.IsStatic == false).Select(property => property.Name);

        Assert.Equal(Paths("limits", limits).Concat(Paths("quota", quota)).Order(), ServerKeys.Table.Keys
            .Where(key => key.Section is "limits" or "quota").Select(key => key.Path).Order());

        static IEnumerable<string> Paths(string section, IEnumerable<string> names) => names.Select(name => $"{section}.{char.ToLowerInvariant(name[0])}{name[1..]}");
    }

    [Fact]
    public void Every_key_can_be_changed_alone()
    {
        Check(ServerKeys.Table);
        Check(DirectoryKeys.Table);

        static void Check<T>(SettingTable<T> table)
        {
            foreach (var key in table.Keys)
            {
                var changed = OtherValue(table, key);

                Assert.Equal(key.Path, Assert.Single(table.Changed(table.Defaults, changed)).Path);
                Assert.Empty(table.Changed(changed, key.Copy(changed, table.Defaults)));
            }
        }
    }

    [Theory]
    [InlineData("{\"listn\":{}}", "'listn' is no key", "listen")]
    [InlineData("{\"listen\":{\"prot\":1}}", "'listen.prot' is no key", "firstPort")]
    [InlineData("{\"listen\":{\"port\":\"1\"}}", "'listen.port' must be a whole number", "65535")]
    [InlineData("{\"listen\":{\"port\":65536}}", "'listen.port' must be a whole number", "65535")]
    [InlineData("{\"listen\":{\"port\":1.5}}", "'listen.port' must be a whole number", "1.5")]
    [InlineData("{\"listen\":3}", "'listen' must be an object", "domain")]
    [InlineData("{\"listen\":{\"mode\":\"both\"}}", "'listen.mode' must be one of", "port-per-atSign")]
    [InlineData("{\"autoNotify\":\"true\"}", "'autoNotify' must be true or false", "\"true\"")]
    [InlineData("{\"limits\":{\"statsInterval\":15}}", "'limits.statsInterval' must be a time with its unit", "30s")]
    [InlineData("{\"limits\":{\"statsInterval\":\"15\"}}", "'limits.statsInterval' must be a time with its unit", "\"15\"")]
    [InlineData("{\"tls\":{\"certificates\":[{\"chain\":\"a\"}]}}", "'tls.certificates' must be a list of objects", "chain and key")]
    [InlineData("{\"tls\":{\"certificates\":[{\"chain\":\"a\",\"key\":\"b\",\"pass\":\"c\"}]}}", "'tls.certificates' must be a list of objects", "pass")]
    [InlineData("{\"listen\":{\"addresses\":\"*\"}}", "'listen.addresses' must be a list", "\"*\"")]
    [InlineData("[]", "it must be a JSON object", "")]
    [InlineData("{\"data\":\"a\",\"data\":\"b\"}", "it is no JSON document", "data")]
    [InlineData("{", "it is no JSON document", "")]
    public void What_is_wrong_is_named_with_what_is_allowed(string text, string problem, string allowed)
    {
        var problems = new List<string>();
        ServerKeys.Table.Read(Encoding.UTF8.GetBytes(text), problems);

        var told = Assert.Single(problems);
        Assert.Contains(problem, told, StringComparison.Ordinal);
        Assert.Contains(allowed, told, StringComparison.Ordinal);
    }

    [Fact]
    public void All_that_is_wrong_is_told_at_once_also_what_does_not_go_together()
    {
        File.WriteAllText(FilePath, "{\"x\":1,\"y\":2}");
        var unknown = Assert.Throws<CliException>(() => ServerKeys.Table.Load(FilePath, new Hashtable { ["ATSYNC__LISTEN__PORT"] = "-1" }));
        Assert.Equal((ExitCode.Usage, 4), (unknown.Exit, unknown.Message.Split('\n').Length));
        Assert.Contains("ATSYNC__LISTEN__PORT must be", unknown.Message, StringComparison.Ordinal);

        File.WriteAllText(FilePath, "{\"directory\":{\"address\":\"nowhere\"},\"listen\":{\"domain\":\"localhost\"},\"peers\":{\"retryMin\":\"1h\"},\"tls\":{\"certificates\":[{\"chain\":\"no.pem\",\"key\":\"no.key\"}]}}");
        var together = Assert.Throws<CliException>(() => ServerKeys.Table.Load(FilePath, new Hashtable())).Message;
        Assert.Equal(7, together.Split('\n').Length);
        foreach (var told in new[] { "'data'", "'directory.address'", "'listen.domain'", "'peers.retryMin'", "no.pem", "no.key" })
        {
            Assert.Contains(told, together, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Comments_and_trailing_commas_are_permitted_and_variables_go_before_the_file()
    {
        File.WriteAllText(FilePath, """
            {
              // where
              "data": "there", /* and how */ "listen": { "domain": "at.example.com", "port": 1, },
              "tls": { "localAuthority": true, },
            }
            """);

        var settings = ServerKeys.Table.Load(FilePath, new Hashtable
        {
            ["ATSYNC__LISTEN__PORT"] = "2",
            ["atsync__listen__addresses"] = "127.0.0.1, ::1",
            ["ATSYNC__TLS__LOCALNAMES"] = "[\"one.example\"]",
            ["ATSYNC__LIMITS__IDLEATSIGN"] = "1h",
            ["ATSYNC__AUTONOTIFY"] = "false",
            ["ATSYNC_ROOT"] = "is another program's",
        });

        Assert.Equal("there", settings.Data);
        Assert.Equal((2, "at.example.com"), (settings.Listen.Port, settings.Listen.Domain));
        Assert.Equal(["127.0.0.1", "::1"], settings.Listen.Addresses);
        Assert.Equal(["one.example"], settings.Tls.LocalNames);
        Assert.Equal((TimeSpan.FromHours(1), false), (settings.Limits.IdleAtSign, settings.AutoNotify));
    }

    [Fact]
    public void A_variable_that_is_no_key_is_refused()
    {
        File.WriteAllText(FilePath, "{}");

        var failure = Assert.Throws<CliException>(() => DirectoryKeys.Table.Load(FilePath, new Hashtable { ["ATSYNC__LISTEN__PROT"] = "1", ["ATSYNC__FOO"] = "1" }));

        Assert.Contains("ATSYNC__LISTEN__PROT is no key. There are: ATSYNC__LISTEN__ADDRESSES, ATSYNC__LISTEN__PORT", failure.Message, StringComparison.Ordinal);
        Assert.Contains("ATSYNC__FOO is no key. There are: ATSYNC__DATA", failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("250ms", 250)]
    [InlineData("10s", 10_000)]
    [InlineData("5m", 300_000)]
    [InlineData("2h", 7_200_000)]
    [InlineData("30d", 2_592_000_000)]
    public void Times_are_written_as_they_are_read(string text, long milliseconds)
    {
        Assert.True(SettingDuration.TryParse(text, out var value));
        Assert.Equal((TimeSpan.FromMilliseconds(milliseconds), text), (value, SettingDuration.Format(value)));
    }

    [Theory]
    [InlineData("")]
    [InlineData("10")]
    [InlineData("-1s")]
    [InlineData("1.5s")]
    [InlineData("s")]
    [InlineData("1w")]
    [InlineData("99999999999999999999d")]
    [InlineData("999999999999d")]
    public void What_is_no_time_is_refused(string text) => Assert.False(SettingDuration.TryParse(text, out _));

    [Theory]
    [InlineData("127.0.0.1:9464", "127.0.0.1:9464")]
    [InlineData("[::1]:0", "[::1]:0")]
    [InlineData("localhost:1", "127.0.0.1:1")]
    [InlineData("::1:9464", null)]
    [InlineData("example.com:1", null)]
    [InlineData("127.0.0.1", null)]
    [InlineData("127.0.0.1:65536", null)]
    public void Management_listens_on_addresses(string text, string? expected) => Assert.Equal(expected, ListenAddresses.Parse(text)?.ToString());

    /// <summary>The defaults with another value of the key: the first that it takes.</summary>
    private static T OtherValue<T>(SettingTable<T> table, Setting<T> key)
    {
        string[] candidates =
        [
            "false", "true", "100000", "8192", "100", "7", "\"7s\"", "\"port-per-atSign\"", "\"off\"", "\"error\"", "\"json\"",
            "[{\"chain\":\"a\",\"key\":\"b\"}]", "[\"one\"]", "\"other\"",
        ];
        foreach (var candidate in candidates)
        {
            using var value = JsonDocument.Parse(candidate);
            try
            {
                var changed = key.Read(table.Defaults, value.RootElement);
                if (key.Text(changed) != key.Text(table.Defaults))
                {
                    return changed;
                }
            }
            catch (FormatException)
            {
                // Of another kind.
            }
        }

        throw new InvalidOperationException($"No value for '{key.Path}'.");
    }
}
