namespace AtSync.House.Tests;

/// <summary>Fails with the whole list: whoever tidies up wants to see all of it at once.</summary>
internal static class Expect
{
    public static void None(IEnumerable<string> found)
    {
        var list = found.ToList();
        Assert.True(list.Count == 0, Environment.NewLine + string.Join(Environment.NewLine, list));
    }
}
