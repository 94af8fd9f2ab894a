namespace AtSync.Protocol.Tests;

public sealed class KeyFilterTests
{
    [Theory]
    [InlineData(".*", "x", true)]
    [InlineData("", "x", true)]
    [InlineData(@"\.wavi", "phone.wavi@alice", true)]
    [InlineData(@"\.Wavi", "phone.wavi@alice", false)]
    [InlineData(@"^phone", "@bob:phone", false)]
    [InlineData(@"a\_b", "a_b", true)]
    [InlineData(@"a\\_b", @"a\_b", true)]
    [InlineData(@"(?!x)phone", "phone", true)]
    public void A_pattern_matches_anywhere_and_by_case(string pattern, string key, bool isMatch)
    {
        Assert.True(KeyFilter.TryCreate(pattern, out var filter, out var problem), problem);
        Assert.Equal(isMatch, filter.IsMatch(key));
        Assert.Equal(pattern, filter.Pattern);
    }

    [Fact]
    public void A_pattern_that_is_none_or_too_long_is_refused_with_words()
    {
        Assert.False(KeyFilter.TryCreate("(", out _, out var problem));
        Assert.Contains("regular expression", problem, StringComparison.Ordinal);
        Assert.False(KeyFilter.TryCreate(new string('a', KeyFilter.MaxPatternLength + 1), out _, out problem));
        Assert.Contains("4096", problem, StringComparison.Ordinal);
    }

    [Fact]
    public void A_hostile_pattern_runs_out_of_time_and_counts_as_no_match()
    {
        Assert.True(KeyFilter.TryCreate(@"^(?!z)(a|aa)+$", out var filter, out _));
        Assert.False(filter.IsMatch(new string('a', 60) + "!"));
        Assert.True(filter.TimedOut);
    }
}
