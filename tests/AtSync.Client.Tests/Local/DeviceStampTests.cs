using System.Text;
using AtSync.Client.Local;
using AtSync.Protocol;
using AtSync.Storage.Local;

namespace AtSync.Client.Tests.Local;

public sealed class DeviceStampTests
{
    [Fact]
    public void A_stamp_is_of_the_shape_that_clients_of_2026_read_and_says_who_wrote()
    {
        var stamp = DeviceStamp.Make("0123456789abcdef0123456789abcdef", "l\u00e4ptop");

        using var json = System.Text.Json.JsonDocument.Parse(Convert.FromBase64String(stamp));
        Assert.Equal("legacy", json.RootElement.GetProperty("providerId").GetString());
        var metadata = new AtMetadata { AppMetadata = stamp };
        Assert.Null(SchemeCheck.Problem(metadata));
        Assert.Equal(("01234567", "l\u00e4ptop"), (DeviceStamp.Read(metadata)!.Id, DeviceStamp.Read(metadata)!.Name));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("no base64!")]
    [InlineData("{\"providerId\":\"legacy\"}")]
    [InlineData("{\"providerId\":\"at/symmetric/AES/GCM\",\"atsyncDevice\":7}")]
    [InlineData("[1]")]
    public void What_says_nothing_of_a_device_is_nobody(string? text) =>
        Assert.Null(DeviceStamp.Read(new AtMetadata { AppMetadata = text?.StartsWith('n') != false ? text : Convert.ToBase64String(Encoding.UTF8.GetBytes(text)) }));

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Records_carry_it_only_when_asked_for(bool tells)
    {
        await using var test = await TestClient.OpenAsync(with: options => options with { TellsDevice = tells, DeviceName = "laptop" });

        await test.Client.PutAsync("note.app", "x");
        await test.Client.PutAsync("note.app", "y");

        var metadata = ValueCodec.ReadMetadata((await test.Store.GetAsync("note.app@alice", CancellationToken.None))!.Metadata.Span);
        Assert.Equal(tells ? "laptop" : null, DeviceStamp.Read(metadata)?.Name);
        Assert.Equal(tells, metadata.AppMetadata is not null);
        Assert.Equal("y", (await test.Client.GetAsync("note.app"))!.Text);
    }

    [Fact]
    public void A_server_that_does_not_keep_it_still_echoes_the_same_version()
    {
        var stamped = ValueCodec.WriteMetadata(new AtMetadata { IsEncrypted = true, AppMetadata = DeviceStamp.Make("0123456789abcdef", null) });
        var plain = ValueCodec.WriteMetadata(new AtMetadata { IsEncrypted = true });
        var local = new LocalRecord { Key = "a.b@alice", Value = "v"u8.ToArray(), Metadata = stamped };
        var remote = new PulledEntry { Key = "a.b@alice", CommitId = 3, Op = CommitOp.UpdateAll, Value = "v"u8.ToArray(), HasValue = true, Metadata = plain };

        Assert.True(AtSync.Client.Sync.SameContent.Is(remote, local));
    }
}
