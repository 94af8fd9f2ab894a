using System.Security.Cryptography;
using AtSync.Client;
using AtSync.Crypto;
using AtSync.Storage;
using AtSync.Transport;

namespace AtSync.App.CommandLine;

/// <summary>How the program ends. Scripts rely on the numbers: they never change.</summary>
internal enum ExitCode
{
    Done = 0,

    /// <summary>A server refused, <c>sync</c> left refused items behind, or <c>demo</c> found a difference.</summary>
    Refused = 1,

    /// <summary>The command line, a key, a value or an input file makes no sense.</summary>
    Usage = 2,

    /// <summary>Unreachable, TLS, wrong authority or host name, port in use, a peer that does not speak the protocol.</summary>
    Network = 3,

    NotFound = 4,

    /// <summary>The local store, data folder or key file: unreadable, full, corrupt, locked, of another atSign, of a newer version.</summary>
    Local = 5,

    /// <summary>Ctrl-C.</summary>
    Interrupted = 130,
}

/// <summary>A failure as the command line tells it.</summary>
/// <param name="Exit">The exit code.</param>
/// <param name="Message">What happened and what to do; never a secret.</param>
/// <param name="Code">The protocol's code when a server refused, else null.</param>
internal readonly record struct Problem(ExitCode Exit, string Message, string? Code)
{
    /// <summary>The only place where exceptions become exit codes.</summary>
    public static Problem Of(Exception failure) => failure switch
    {
        CliException cli => new(cli.Exit, cli.Message, null),
        AtException at => new(ExitOf(at.Fault), at.Message, at.Code),
        StoreException store => new(ExitCode.Local, store.Message, null),
        CryptoException crypto => new(ExitCode.Local, crypto.Message, null),
        NetworkException network => new(ExitCode.Network, network.Message, null),
        CryptographicException certificate => new(ExitCode.Local, certificate.Message, null),
        OperationCanceledException => new(ExitCode.Interrupted, "Stopped.", null),
        IOException or UnauthorizedAccessException => new(ExitCode.Local, failure.Message, null),
        // A fault of this program: its kind helps whoever reports it.
        _ => new(ExitCode.Refused, $"Unexpected {failure.GetType().Name}: {failure.Message}", null),
    };

    private static ExitCode ExitOf(AtFault fault) => fault switch
    {
        AtFault.Refused or AtFault.IdentityChanged or AtFault.FellBehind => ExitCode.Refused,
        AtFault.InvalidArgument => ExitCode.Usage,
        AtFault.Network => ExitCode.Network,
        AtFault.NotFound => ExitCode.NotFound,
        // What can't be opened was sealed with keys that this key file does not hold.
        AtFault.Store or AtFault.Keys or AtFault.CannotOpen => ExitCode.Local,
        _ => ExitCode.Refused,
    };
}
