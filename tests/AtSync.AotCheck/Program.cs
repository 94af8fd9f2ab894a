using AtSync.AotCheck;

// Each check uses one library as an app does. What it finds wrong it throws; a native program that lacks something throws, too.
(string Name, Func<string, Task> Run)[] checks =
[
    ("keys, key files, signatures", CryptoChecks.RunAsync),
    ("TLS over loopback", TransportChecks.RunAsync),
    ("directory, server and two devices", SyncChecks.RunAsync),
];

var failed = 0;
foreach (var (name, run) in checks)
{
    var folder = System.IO.Directory.CreateTempSubdirectory("atsync-aotcheck-");
    try
    {
        await run(folder.FullName);
        Console.WriteLine($"ok      {name}");
    }
    catch (Exception failure)
    {
        failed++;
        Console.WriteLine($"FAILED  {name}: {failure}");
    }
    finally
    {
        folder.Delete(recursive: true);
    }
}

var form = System.Runtime.CompilerServices.RuntimeFeature.IsDynamicCodeSupported ? "managed" : "native";
Console.WriteLine($"{form}: {checks.Length - failed} ok, {failed} failed");
return failed == 0 ? 0 : 1;
