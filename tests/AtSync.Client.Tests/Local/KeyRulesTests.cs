using AtSync.Client.Local;

namespace AtSync.Client.Tests.Local;

public class KeyRulesTests
{
    [Theory]
    [InlineData("note.app", "note.app@alice")]
    [InlineData("note.app@alice", "note.app@alice")]
    [InlineData("Note.App", "note.app@alice")]
    [InlineData("a.b.c.app", "a.b.c.app@alice")]
    [InlineData("public:note.app", "public:note.app@alice")]
    [InlineData("@alice:note.app", "@alice:note.app@alice")]
    [InlineData("local:note.app", "local:note.app@alice")]
    [InlineData("_hidden.app", "_hidden.app@alice")]
    public void Own_keys_may_be_written(string typed, string full)
    {
        var key = KeyRules.Parse(typed, TestKeys.Alice);
        Assert.Equal(full, key.Full);
        KeyRules.CheckWritable(key, TestKeys.Alice);
    }

    [Theory]
    [InlineData("public:publickey", "system key")]
    [InlineData("public:publickey@alice", "system key")]
    [InlineData("shared_key.bob", "system key")]
    [InlineData("@bob:shared_key", "system key")]
    [InlineData("@bob:note.app", "shared with another")]
    [InlineData("private:note.app", "never synced")]
    [InlineData("cached:public:note.app@bob", "only its owner")]
    [InlineData("note.app@bob", "belongs to @bob")]
    [InlineData("x.__manage", "system namespace")]
    [InlineData("public:_x.app", "never be synced")]
    public void Others_are_refused_with_the_reason(string typed, string reason)
    {
        var failure = Assert.Throws<AtException>(() => KeyRules.CheckWritable(KeyRules.Parse(typed, TestKeys.Alice), TestKeys.Alice));
        Assert.Equal(AtFault.InvalidArgument, failure.Fault);
        Assert.Contains(reason, failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("a:b:c.app")]
    public void What_is_no_key_is_refused(string typed) =>
        Assert.Equal(AtFault.InvalidArgument, Assert.Throws<AtException>(() => KeyRules.CheckWritable(KeyRules.Parse(typed, TestKeys.Alice), TestKeys.Alice)).Fault);

    [Fact]
    public void Local_keys_stay_on_the_device()
    {
        Assert.False(KeyRules.IsPushed(KeyRules.Parse("local:note.app", TestKeys.Alice)));
        Assert.True(KeyRules.IsPushed(KeyRules.Parse("note.app", TestKeys.Alice)));
        Assert.True(KeyRules.IsPushed(KeyRules.Parse("public:note.app", TestKeys.Alice)));
    }
}
