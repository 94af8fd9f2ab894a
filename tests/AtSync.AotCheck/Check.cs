namespace AtSync.AotCheck;

/// <summary>The one assertion.</summary>
internal static class Check
{
    public static void That(bool isTrue, string what)
    {
        if (!isTrue)
        {
            throw new InvalidOperationException($"not so: {what}");
        }
    }
}
