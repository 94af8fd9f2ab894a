namespace AtSync.App.CommandLine;

/// <summary>Secrets in files of one line; <c>-</c> is stdin.</summary>
internal static class SecretFile
{
    /// <summary>Far above any secret, so that a wrong file is not read whole.</summary>
    private const int BytesMax = 65_536;

    /// <summary>The first line without its end.</summary>
    /// <param name="path">The file, or <c>-</c>.</param>
    /// <param name="what">What it is called in messages.</param>
    public static string Read(string path, string what)
    {
        try
        {
            using var stream = path == "-" ? Console.OpenStandardInput() : File.OpenRead(path);
            using var reader = new StreamReader(stream);
            var buffer = new char[BytesMax];
            var length = reader.ReadBlock(buffer);
            var text = buffer.AsSpan(0, length);
            var end = text.IndexOfAny('\r', '\n');
            return (end < 0 ? text : text[..end]).ToString();
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw CliException.Usage($"The {what} '{path}' cannot be read: {failure.Message}");
        }
    }
}
