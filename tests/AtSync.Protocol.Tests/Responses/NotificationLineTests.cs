using System.Buffers;
using System.Text;
using AtSync.Protocol.Responses;

namespace AtSync.Protocol.Tests.Responses;

public sealed class NotificationLineTests
{
    [Fact]
    public void The_line_of_2026_has_every_member_in_order()
    {
        var line = new NotificationLine
        {
            Id = "1",
            From = "@bob",
            To = "@alice",
            Key = "@alice:phone.wavi@bob",
            Value = "a\"b",
            Operation = "update",
            EpochMs = 1729733000000,
            IsEncrypted = true,
            Metadata = new AtMetadata { Ttl = 0, IvNonce = "n+=", PubKeyHash = "h", HashingAlgo = "sha256", AppMetadata = Convert.ToBase64String("{\"providerId\":\"legacy\"}"u8) },
        };
        const string Expected =
            "notification: {\"id\":\"1\",\"from\":\"@bob\",\"to\":\"@alice\",\"key\":\"@alice:phone.wavi@bob\",\"value\":\"a\\\"b\",\"operation\":\"update\",\"epochMillis\":1729733000000,"
            + "\"messageType\":\"MessageType.key\",\"isEncrypted\":true,\"metadata\":{\"ttr\":null,\"ttl\":0,\"ttb\":null,\"sharedKeyEnc\":null,\"pubKeyCS\":null,\"dataSignature\":null,"
            + "\"encKeyName\":null,\"encAlgo\":null,\"ivNonce\":\"n+=\",\"skeEncKeyName\":null,\"skeEncAlgo\":null,\"availableAt\":\"null\",\"expiresAt\":\"null\","
            + "\"pubKeyHash\":\"{\\\"hash\\\":\\\"h\\\",\\\"hashingAlgo\\\":\\\"sha256\\\"}\",\"appMetadata\":{\"providerId\":\"legacy\"}}}\n";
        Assert.Equal(Expected, Written(output => line.WriteTo(output)));
        Assert.True(NotificationLine.TryParse(Json(Expected), out var again));
        Assert.Equal(line, again);
    }

    [Fact]
    public void The_line_of_2024_is_read()
    {
        const string Line =
            "notification: {\"id\":\"1\",\"from\":\"@bob\",\"to\":\"@alice\",\"key\":\"k\",\"value\":null,\"operation\":\"delete\",\"epochMillis\":\"5\",\"messageType\":\"MessageType.text\","
            + "\"isEncrypted\":false,\"metadata\":{\"encKeyName\":null,\"ivNonce\":\"n\",\"availableAt\":\"null\",\"expiresAt\":\"2024-10-24 01:02:03.456Z\",\"later\":[1]}}";
        Assert.True(NotificationLine.TryParse(Json(Line), out var line));
        Assert.Equal((5, null, "n"), (line.EpochMs, line.Value, line.Metadata!.IvNonce));
        Assert.Equal(new DateTimeOffset(2024, 10, 24, 1, 2, 3, 456, TimeSpan.Zero), line.Metadata.ExpiresAt);
        Assert.Equal([new UnknownMember("later", "[1]")], line.Metadata.Unknown);
    }

    [Fact]
    public void The_statistics_notification_carries_the_commit_id()
    {
        var text = Written(output => NotificationLine.WriteStats(AtSign.Parse("@alice🛠"), 42, isDelete: false, 7, output));
        Assert.Equal(
            "notification: {\"id\":\"-1\",\"from\":\"@alice🛠\",\"to\":\"@alice🛠\",\"key\":\"statsNotification.@alice🛠\",\"value\":\"42\",\"operation\":\"update\",\"epochMillis\":7,"
            + "\"messageType\":\"MessageType.key\",\"isEncrypted\":false,\"metadata\":null}\n",
            text);
        Assert.True(NotificationLine.TryParse(Json(text), out var line));
        Assert.Equal(42, line.StatsCommitId);
    }

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("{\"id\":\"1\"}")]
    [InlineData("{\"id\":\"\\ud800\"}")]
    public void What_is_no_notification_is_refused(string json) => Assert.False(NotificationLine.TryParse(Encoding.UTF8.GetBytes(json), out _));

    private static byte[] Json(string line) => Encoding.UTF8.GetBytes(line["notification: ".Length..].TrimEnd('\n'));

    private static string Written(Action<IBufferWriter<byte>> write)
    {
        var output = new ArrayBufferWriter<byte>();
        write(output);
        return Encoding.UTF8.GetString(output.WrittenSpan);
    }
}
