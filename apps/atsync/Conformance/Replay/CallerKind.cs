namespace AtSync.App.Conformance.Replay;

/// <summary>Who a connection of a transcript may be, as <c>A:</c> entries name it.</summary>
internal static class CallerKind
{
    /// <summary>A stranger.</summary>
    public const string Stranger = "none";

    /// <summary>The owner, as the key file logs in.</summary>
    public const string Owner = "@alice";

    /// <summary>The owner by the atSign's first key, without an enrollment.</summary>
    public const string Pkam = "pkam";

    /// <summary>The owner by the one-time secret.</summary>
    public const string Cram = "cram";

    /// <summary>Another atSign's atServer, proven by <c>pol</c>.</summary>
    public const string Peer = "@bob";

    /// <summary>The owner of the second atSign, at its own atServer.</summary>
    public const string PeerOwner = "bob";

    /// <summary>A stranger at the second atSign's atServer.</summary>
    public const string PeerStranger = "none@bob";

    /// <summary>Enrolled devices and the namespaces they are approved for.</summary>
    public static readonly IReadOnlyDictionary<string, string> Devices = new Dictionary<string, string>
    {
        ["rw"] = $"{{\"{TestNames.Namespace}\":\"rw\"}}",
        ["r"] = $"{{\"{TestNames.Namespace}\":\"r\"}}",
        ["other"] = $"{{\"{TestNames.Namespace}other\":\"rw\"}}",
        ["all"] = "{\"*\":\"rw\"}",
        ["manage"] = $"{{\"__manage\":\"rw\",\"{TestNames.Namespace}\":\"rw\"}}",
    };

    /// <summary>Those that call the server that is looked at: the columns of the table of coverage.</summary>
    public static readonly string[] Callers = [Stranger, Owner, Pkam, Cram, "rw", "r", "other", "all", "manage", Peer];
}

/// <summary>Names that a run uses on a server that is not its own.</summary>
internal static class TestNames
{
    /// <summary>Every record lies in it, and every app of an enrollment is called so.</summary>
    public const string Namespace = "atsynctest";

    /// <summary>In commands and answers, for the owner and the second atSign.</summary>
    public const string Alice = "alice";

    /// <inheritdoc cref="Alice"/>
    public const string Bob = "bob";
}
