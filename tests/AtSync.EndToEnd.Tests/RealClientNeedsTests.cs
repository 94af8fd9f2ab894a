using System.Text.Json;
using AtSync.Crypto;
using AtSync.Crypto.Algorithms;

namespace AtSync.EndToEnd.Tests;

/// <summary>
/// What unmodified Java, C, Python and Rust clients choke on where it is missing, as bytes over TLS. What needs an atDirectory or a second atSign is in
/// DirectorySessionTests and TwoAtSignsTests; whole command sequences are in <c>transcripts/client-*.wire</c>.
/// </summary>
public sealed class RealClientNeedsTests : OverTls
{
    [Fact]
    public async Task A_bare_prompt_comes_first_and_every_answer_is_one_record_with_the_next_prompt()
    {
        await using var client = await ConnectAsync();
        Assert.Equal("@", await client.ReadRecordAsync());
        var challenge = await client.AskAsync("from:@alice");
        Assert.Matches("^data:_[^\n]+\n@$", challenge);
        Assert.InRange(challenge.Length, 10, 250);
        Assert.Equal("data:success\n@alice@", await client.AskAsync($"cram:{CramDigest.Compute("secret", challenge[5..^2])}"));
        Assert.Equal("data:2\n@alice@", await client.AskAsync("update:k.app@alice 1"));
    }

    [Fact]
    public async Task A_lone_line_end_is_answered_and_a_blank_line_behind_a_command_is_not()
    {
        await using var client = await ConnectAsync();
        await client.ReadRecordAsync();
        await client.SendAsync("\r\n");
        Assert.Matches("^error:AT0003-[^\n]+\n@$", await client.ReadRecordAsync());
        await client.SendAsync("from:alice\n\n");
        Assert.Matches("^data:_[^\n]+\n@$", await client.ReadRecordAsync());
        await client.SendAsync("noop:0\n");
        Assert.Equal("data:ok\n@", await client.ReadRecordAsync());
    }

    [Fact]
    public async Task From_comes_in_all_forms_also_on_an_authenticated_connection()
    {
        await using var client = await ConnectOwnerAsync();
        foreach (var form in new[] { "from:@alice\n", "from:alice\n", "from:@alice\r\n", "from:alice\r\n" })
        {
            await client.SendAsync(form);
            var challenge = await client.ReadRecordAsync();
            Assert.Matches("^data:_[^\n]+@alice:[^\n]+\n@alice@$", challenge);
            Assert.Equal("data:success\n@alice@", await client.AskAsync($"cram:{CramDigest.Compute("secret", challenge["data:".Length..^"\n@alice@".Length])}"));
        }
    }

    [Fact]
    public async Task Onboarding_as_Java_and_Python_do_it()
    {
        using var key = RsaPrivateKey.Generate();
        await using (var client = await ConnectAsync())
        {
            await client.ReadRecordAsync();
            var challenge = (await client.AskAsync("from:@alice"))[5..^2];
            Assert.Equal("data:success\n@alice@", await client.AskAsync($"cram:{CramDigest.Compute("secret", challenge)}"));
            Assert.Equal("data:-1\n@alice@", await client.AskAsync($"update:privatekey:at_pkam_publickey {key.PublicSpkiBase64}"));
            challenge = (await client.AskAsync("from:@alice"))["data:".Length..^"\n@alice@".Length];
            Assert.Equal("data:success\n@alice@", await client.AskAsync($"pkam:{PkamSignature.Sign(challenge, key)}"));
            Assert.Equal("data:2\n@alice@", await client.AskAsync($"update:public:publickey@alice {key.PublicSpkiBase64}"));
            Assert.Equal("data:-1\n@alice@", await client.AskAsync("delete:privatekey:at_secret"));
        }

        await using var again = await ConnectAsync();
        await again.ReadRecordAsync();
        var proof = (await again.AskAsync("from:alice"))[5..^2];
        Assert.Equal("data:success\n@alice@", await again.AskAsync($"pkam:{PkamSignature.Sign(proof, key)}"));
        Assert.True((await Host.DescribeAsync(Alice, Token))!.IsActivated);
    }

    [Fact]
    public async Task Close_notify_is_answered_with_close_notify()
    {
        var client = await ConnectOwnerAsync();
        Assert.True(await client.CloseAsync());
        await client.DisposeAsync();
    }

    [Fact]
    public async Task Errors_are_text_with_a_second_colon_for_those_who_have_not_said_their_version()
    {
        await using var client = await ConnectOwnerAsync();
        Assert.Matches("^error:AT0015-key not found : [^\n]+\n@alice@$", await client.AskAsync("llookup:none.app@alice"));
    }

    [Fact]
    public async Task Flags_come_in_any_case_and_what_is_null_is_not_shown()
    {
        await using var client = await ConnectOwnerAsync();
        Assert.Equal("data:2\n@alice@", await client.AskAsync("update:ttr:1000:ccd:True:isEncrypted:TRUE:@bob:k.app@alice x"));
        var answer = await client.AskAsync("llookup:all:@bob:k.app@alice");
        using var document = JsonDocument.Parse(answer["data:".Length..^"\n@alice@".Length]);
        var metadata = document.RootElement.GetProperty("metaData");
        Assert.True(metadata.GetProperty("ccd").GetBoolean());
        Assert.True(metadata.GetProperty("isEncrypted").GetBoolean());
        Assert.DoesNotContain(metadata.EnumerateObject(), member => member.Value.ValueKind == JsonValueKind.Null);
    }

    [Fact]
    public async Task A_monitor_says_nothing_then_notifications_and_answers_noop()
    {
        await using var monitor = await ConnectOwnerAsync();
        await monitor.SendAsync("monitor .*\nnoop:0\n");
        Assert.Equal("data:ok\n@alice@", await monitor.ReadRecordAsync());
        await using var client = await ConnectOwnerAsync();
        Assert.StartsWith("data:", await client.AskAsync("notify:update:ivNonce:bm9uY2U=:@alice:k.app@alice:c2VhbGVk"), StringComparison.Ordinal);
        var line = await monitor.ReadRecordAsync();
        Assert.StartsWith("notification: {", line, StringComparison.Ordinal);
        Assert.EndsWith("}\n", line, StringComparison.Ordinal);
        using var document = JsonDocument.Parse(line["notification: ".Length..]);
        var root = document.RootElement;
        foreach (var member in new[] { "id", "from", "to", "key", "value", "operation", "messageType", "isEncrypted", "metadata" })
        {
            Assert.True(root.TryGetProperty(member, out _), member);
        }

        Assert.Equal(JsonValueKind.Number, root.GetProperty("epochMillis").ValueKind);
        Assert.True(root.GetProperty("isEncrypted").GetBoolean());
        Assert.Equal("bm9uY2U=", root.GetProperty("metadata").GetProperty("ivNonce").GetString());
        Assert.DoesNotContain(root.GetProperty("metadata").EnumerateObject(), member => member.Value.ValueKind == JsonValueKind.Null);
        await monitor.SendAsync("noop:0\n");
        Assert.Equal("data:ok\n@alice@", await monitor.ReadRecordAsync());
    }

    [Fact]
    public async Task Pipelined_lines_run_in_order_each_with_its_answer_and_no_answer_has_a_line_end_inside()
    {
        await using var client = await ConnectOwnerAsync();
        await client.SendAsync("update:k.app@alice 1\nllookup:k.app@alice\nupdate\nnoop:0\n");
        var text = "";
        while (!text.EndsWith("data:ok\n@alice@", StringComparison.Ordinal))
        {
            text += await client.ReadRecordAsync();
        }

        Assert.Matches("^data:2\n@alice@data:1\n@alice@error:AT0003-[^\n]+\n@alice@data:ok\n@alice@$", text);
    }
}
