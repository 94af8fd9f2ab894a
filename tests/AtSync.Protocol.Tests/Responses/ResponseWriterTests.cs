using System.Buffers;
using System.Text;
using AtSync.Protocol.Responses;

namespace AtSync.Protocol.Tests.Responses;

public sealed class ResponseWriterTests
{
    private static readonly ResponseStyle Unknown = new("@", "@", IsAuthenticated: false, HasJsonErrors: false);
    private static readonly ResponseStyle Authenticated = new("@alice@", "@alice@", IsAuthenticated: true, HasJsonErrors: false);
    private static readonly ResponseStyle Pol = new("@bob@", "@", IsAuthenticated: false, HasJsonErrors: false);
    private static readonly Response Missing = Response.Refuse("AT0015", "phone@alice does not exist in keystore");

    [Fact]
    public void Data_stands_between_its_word_and_the_prompt()
    {
        Assert.Equal("data:123\n@alice@", Written(Response.Data("123"), Authenticated));
        Assert.Equal("data:null\n@bob@", Written(Response.Null, Pol));
        Assert.Equal("data: [1]\n@", Written(new DataResponse { Payload = "[1]"u8.ToArray(), HasSpace = true }, Unknown));
    }

    [Fact]
    public void The_three_spellings_of_a_refusal_are_those_of_the_reference()
    {
        Assert.Equal("error:AT0401-Exception: Command cannot be executed without auth\n@", Written(Response.Refuse("AT0401", "Command cannot be executed without auth"), Unknown));
        Assert.Equal("error:AT0015-key not found : phone@alice does not exist in keystore\n@alice@", Written(Missing, Authenticated));
        Assert.Equal(
            "error:{\"errorCode\":\"AT0015\",\"errorDescription\":\"key not found : phone@alice does not exist in keystore\"}\n@alice@",
            Written(Missing, Authenticated with { HasJsonErrors = true }));
    }

    [Fact]
    public void A_refusal_to_a_peer_has_no_prompt_of_its_atSign() => Assert.EndsWith("\n@", Written(Missing, Pol), StringComparison.Ordinal);

    [Fact]
    public void A_state_of_an_enrollment_is_text_with_a_colon_even_for_clients_that_take_JSON() =>
        Assert.Equal(
            "error:AT0026:enrollment_id: 1 is pending\n@alice@",
            Written(new ErrorResponse { Error = new AtError("AT0026", "enrollment_id: 1 is pending"), HasColonForm = true }, Authenticated with { HasJsonErrors = true }));

    [Fact]
    public void No_line_break_leaves_inside_a_line()
    {
        var refusal = Response.Refuse("AT0003", "a\nb\r\n\"c\"");
        Assert.Equal("error:AT0003-Exception: a b  \"c\"\n@", Written(refusal, Unknown));
        Assert.Equal(
            "error:{\"errorCode\":\"AT0003\",\"errorDescription\":\"Exception: a\\nb\\r\\n\\\"c\\\"\"}\n@", Written(refusal, Unknown with { HasJsonErrors = true }));
        Assert.Equal("data:a b\n@", Written(Response.Data("a\nb"), Unknown));
    }

    [Fact]
    public void Raw_is_written_as_it_is_and_nothing_not_at_all()
    {
        Assert.Equal("@bob@", Written(new RawResponse { Bytes = "@bob@"u8.ToArray() }, Pol));
        Assert.Equal("", Written(NoResponse.Instance, Pol));
    }

    [Fact]
    public void A_value_that_begins_like_an_answer_comes_back_whole()
    {
        var stream = Encoding.UTF8.GetBytes(Written(Response.Data("data:x"), Authenticated));
        Assert.Equal(["Data data:x"], ResponseReaderTests.Messages("@alice", [stream]));
    }

    private static string Written(Response response, ResponseStyle style)
    {
        var output = new ArrayBufferWriter<byte>();
        ResponseWriter.Write(response, style, output);
        return Encoding.UTF8.GetString(output.WrittenSpan);
    }
}
