using System.Text;
using System.Text.Json;
using AtSync.Server.Administration;
using AtSync.Storage.Server;

namespace AtSync.Server.Tests.Administration;

public sealed class QuotaChangeTests
{
    [Fact]
    public void A_change_comes_through_its_line_and_leaves_what_it_does_not_name()
    {
        var request = AdminRequest.Parse(Line("{\"records\":1000,\"bytes\":\"none\",\"notifications\":null}"));
        var again = AdminRequest.Parse(Written(request));
        var own = new StoreQuota { Records = 1, Notifications = 7, NotificationBytes = 9 };

        Assert.Equal(
            new StoreQuota { Records = 1000, Bytes = StoreQuota.NoLimit, Notifications = null, NotificationBytes = 9 }, again.Quota!.ApplyTo(own));
        Assert.Equal((AdminCommand.SetQuota, ServerBench.Alice), (again.Command, again.AtSign!.Value));
    }

    [Theory]
    [InlineData("{}", "at least one of records, bytes")]
    [InlineData("{\"keys\":1}", "no quota 'keys'")]
    [InlineData("{\"records\":-1}", "no negative number")]
    [InlineData("{\"records\":1.5}", "whole number")]
    [InlineData("{\"records\":\"many\"}", "whole number")]
    public void What_is_no_change_is_refused_in_words(string quota, string words)
    {
        var refusal = Assert.Throws<AdminException>(() => AdminRequest.Parse(Line(quota)));
        Assert.Equal(AdminFault.Usage, refusal.Fault);
        Assert.Contains(words, refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_command_needs_a_quota() =>
        Assert.Throws<AdminException>(() => AdminRequest.Parse("{\"command\":\"quota\",\"atSign\":\"@alice\"}"u8.ToArray()));

    private static byte[] Line(string quota) => Encoding.UTF8.GetBytes($"{{\"command\":\"quota\",\"atSign\":\"@alice\",\"quota\":{quota}}}");

    private static byte[] Written(AdminRequest request)
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream))
        {
            writer.WriteStartObject();
            request.Write(writer);
            writer.WriteEndObject();
        }

        return stream.ToArray();
    }
}
