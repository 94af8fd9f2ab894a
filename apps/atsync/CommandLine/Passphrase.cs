using System.Text;

namespace AtSync.App.CommandLine;

/// <summary>Passphrases come from a file or from a person at the terminal, never from an argument (other users could read it).</summary>
internal static class Passphrase
{
    /// <summary>For a key file that has to be opened. Null when there is neither a file nor a terminal.</summary>
    public static string? ForOpening(Output output)
    {
        if (FromFile() is { } known)
        {
            return known;
        }

        return IsTerminal(output) ? Ask("Passphrase of the key file: ") : null;
    }

    /// <summary>For a key file that is about to be written; null writes the flat form.</summary>
    public static string? ForWriting(Output output)
    {
        if (FromFile() is { } known)
        {
            return known;
        }

        if (!IsTerminal(output))
        {
            return null;
        }

        while (true)
        {
            var first = Ask("Passphrase to protect the key file (empty for none): ");
            if (first.Length == 0)
            {
                return null;
            }

            if (Ask("The same again: ") == first)
            {
                return first;
            }

            output.Notice("They differ. Once more.");
        }
    }

    private static bool IsTerminal(Output output) => !output.IsJson && !Console.IsInputRedirected && !Console.IsErrorRedirected;

    private static string? FromFile()
    {
        if (Settings.PassphraseFile is not { } file)
        {
            return null;
        }

        var text = SecretFile.Read(file, "passphrase file (ATSYNC_PASSPHRASE_FILE)");
        return text.Length > 0 ? text : throw CliException.Usage($"The passphrase file '{file}' (ATSYNC_PASSPHRASE_FILE) is empty.");
    }

    /// <summary>Reads without showing what is typed.</summary>
    private static string Ask(string prompt)
    {
        Console.Error.Write(prompt);
        var typed = new StringBuilder();
        while (true)
        {
            var key = Console.ReadKey(intercept: true);
            if (key.Key == ConsoleKey.Enter)
            {
                Console.Error.WriteLine();
                return typed.ToString();
            }

            if (key.Key == ConsoleKey.Backspace)
            {
                typed.Length = Math.Max(0, typed.Length - 1);
            }
            else if (!char.IsControl(key.KeyChar))
            {
                typed.Append(key.KeyChar);
            }
        }
    }
}
