using System.Text;
using AtSync.Protocol;
using AtSync.Server.Records;
using AtSync.Server.Sessions;
using CsCheck;

namespace AtSync.Server.Tests.Records;

public sealed class WireDateTests
{
    [Fact]
    public void The_date_written_by_hand_is_the_one_of_the_protocol() =>
        Gen.Long[DateTimeOffset.MinValue.ToUnixTimeMilliseconds(), DateTimeOffset.MaxValue.ToUnixTimeMilliseconds()].Sample(ms =>
        {
            using var buffer = new AnswerBuffer();
            WireDate.Write(ms, buffer);
            return Encoding.ASCII.GetString(buffer.Written.Span) == AtMetadataJson.FormatTime(DateTimeOffset.FromUnixTimeMilliseconds(ms));
        });
}
