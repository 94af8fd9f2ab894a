namespace AtSync.App.Hosting;

/// <summary>A child process lives as long as its stdin is open, so that it never outlives the program that started it, however that ends.</summary>
internal static class ParentWatch
{
    /// <summary>Ends when stdin does.</summary>
    public static async Task UntilStdinClosesAsync(CancellationToken cancellationToken)
    {
        var stdin = Console.OpenStandardInput();
        var buffer = new byte[256];
        // Reading a pipe can't be cancelled everywhere: leave the read behind instead of waiting for it.
        var closed = Task.Run(
            async () =>
            {
                while (await stdin.ReadAsync(buffer, CancellationToken.None) > 0)
                {
                    // What the parent writes does not matter.
                }
            },
            CancellationToken.None);
        await closed.WaitAsync(cancellationToken);
    }
}
