using AtSync.App.CommandLine;
using AtSync.App.Drawing;
using AtSync.App.Hosting;
using AtSync.Client;
using AtSync.Client.Conflicts;
using AtSync.Client.Files;
using AtSync.Client.Onboarding;
using AtSync.Client.Sync;
using AtSync.Protocol;

namespace AtSync.App.Demo;

/// <summary>
/// The demo's story: device A stores files offline and syncs; device B receives them; both edit offline, one key in conflict; A's store is destroyed;
/// device C restores everything from the key file alone; every byte is compared.
/// </summary>
internal sealed class DemoRun(DemoSource source, string work, Output output)
{
    private const string SharedNote = "plan.notes.demo";
    private const int NotesPerDevice = 10;
    private static readonly AtSign Alice = AtSign.Parse("@alice");

    private readonly DemoSteps _steps = new(output);
    private readonly DateTime _startedAt = DateTime.UtcNow;
    private readonly List<string> _problems = [];
    private readonly List<(string Path, string Reason)> _skipped = [];
    private readonly HashSet<string> _changed = [];
    private long _files;
    private long _bytes;
    private long _restored;
    private long _conflicts;

    public async Task<DemoReport> RunAsync(CancellationToken cancellationToken)
    {
        ServerProcess? server = null;
        try
        {
            await _steps.RunAsync("server", "atDirectory and atServer start in a process of their own", async _ =>
            {
                server = await ServerProcess.StartAsync(Path.Combine(work, "server"), [Alice.ToString()], cancellationToken);
                return new StepOutcome(1, 0, $"{server.Ready.AtSigns[0].Address}, TLS");
            });
            await PlayAsync(server!.Ready, cancellationToken);
        }
        finally
        {
            if (server is not null)
            {
                await server.DisposeAsync();
            }
        }

        return new DemoReport(
            _problems.Count == 0, _files, _bytes, _restored, _conflicts, _problems, _skipped, [.. _changed.Order(StringComparer.Ordinal)], _steps.Done);
    }

    private async Task PlayAsync(ReadyLine ready, CancellationToken cancellationToken)
    {
        var directory = ready.DirectoryAddress;
        var network = Dialling.Network(ready.AuthorityFile);
        var keyFile = Path.Combine(work, "@alice_key.atKeys");
        DemoDevice a = Device("A"), b = Device("B"), c = Device("C");

        await _steps.RunAsync("activate", "@alice is activated: keys are made and saved", async _ =>
        {
            await Activation.ActivateAsync(
                new ActivationOptions { AtSign = Alice, Secret = ready.AtSigns[0].Secret!, KeyFile = keyFile, Directory = directory, Network = network },
                cancellationToken);
            return new StepOutcome(1, 0, "key file written");
        });

        await StoreOfflineAsync(a, cancellationToken);
        await SyncAsync("push", a, cancellationToken);
        await SyncAsync("pull", b, cancellationToken);
        await RestoreAsync("check-b", b, cancellationToken);
        await EditAsync(a, b, cancellationToken);
        await ConvergeAsync(a, b, cancellationToken);

        await _steps.RunAsync("destroy", "Device A is lost: its store is destroyed", _ =>
        {
            System.IO.Directory.Delete(a.Store, recursive: true);
            return Task.FromResult(new StepOutcome(1, 0, "gone"));
        });
        await SyncAsync("restore", c, cancellationToken);
        _restored = await RestoreAsync("check-c", c, cancellationToken);
        await CompareNotesAsync(b, c, cancellationToken);

        DemoDevice Device(string name) => new(name, Path.Combine(work, "devices"), Alice, keyFile, directory, network);
    }

    private Task StoreOfflineAsync(DemoDevice device, CancellationToken cancellationToken) =>
        _steps.RunAsync("store", $"Device {device.Name}, offline, stores every file, sealed", async report =>
        {
            await using var client = await device.OpenAsync(isOffline: true, cancellationToken);
            foreach (var folder in source.Folders)
            {
                var before = (_files, _bytes);
                var outcome = await client.Files.PutFolderAsync(
                    folder, source.PrefixOf(folder), new Reporting<FolderProgress>(p => report(before._files + p.Files, source.Files, $"{p.Files:N0} files, {Sizes.Text(p.Bytes)}")), cancellationToken);
                _files += outcome.Files;
                _bytes += outcome.Bytes;
                _skipped.AddRange(outcome.Skipped);
            }

            return new StepOutcome(_files, _bytes, $"{_files:N0} files{(_skipped.Count > 0 ? $", {_skipped.Count:N0} skipped" : "")}");
        });

    private Task SyncAsync(string name, DemoDevice device, CancellationToken cancellationToken)
    {
        var title = name switch
        {
            "push" => $"Device {device.Name} comes online and sends",
            "pull" => $"Device {device.Name}, opened with the key file, receives",
            "restore" => $"Device {device.Name}, new, receives everything with the key file alone",
            _ => $"Device {device.Name} syncs",
        };
        return _steps.RunAsync(name, title, async report =>
        {
            await using var client = await device.OpenAsync(isOffline: false, cancellationToken);
            var result = await SyncAsync(client, report, cancellationToken);
            Require(result.InSync, $"device {device.Name} is not in step: {SyncJson.Text(result)}");
            var records = Math.Max(result.Pulled, result.Pushed);
            return new StepOutcome(records, _bytes, $"{records:N0} records");
        });
    }

    private async Task<long> RestoreAsync(string name, DemoDevice device, CancellationToken cancellationToken)
    {
        var equal = 0L;
        await _steps.RunAsync(name, $"Device {device.Name} writes the files out; every byte is compared", async report =>
        {
            var target = Path.Combine(work, "restored", device.Name);
            await using var client = await device.OpenAsync(isOffline: true, cancellationToken);
            await client.Files.RestoreFolderAsync(
                target, new Reporting<FolderProgress>(p => report(p.Files, p.FilesTotal, $"{p.Files:N0} files, {Sizes.Text(p.Bytes)}")), cancellationToken);
            var bytes = 0L;
            foreach (var folder in source.Folders)
            {
                var prefix = source.PrefixOf(folder);
                var skipped = _skipped.Where(item => item.Path.StartsWith(prefix, StringComparison.Ordinal)).Select(item => item.Path[prefix.Length..]).ToHashSet();
                var comparison = await FolderComparison.RunAsync(folder, Path.Combine(target, prefix), _startedAt, skipped, cancellationToken);
                equal += comparison.Files;
                bytes += comparison.Bytes;
                _changed.UnionWith(comparison.Changed);
                _problems.AddRange(comparison.Differences.Select(difference => $"device {device.Name}: {difference}"));
            }

            System.IO.Directory.Delete(target, recursive: true);
            return new StepOutcome(equal, bytes, $"{equal:N0} files equal");
        });
        return equal;
    }

    private Task EditAsync(DemoDevice a, DemoDevice b, CancellationToken cancellationToken) =>
        _steps.RunAsync("edit", "A and B, both offline, write notes; both edit the same one", async _ =>
        {
            foreach (var device in new[] { a, b })
            {
                await using var client = await device.OpenAsync(isOffline: true, cancellationToken);
                AtWrite[] writes =
                [
                    .. Enumerable.Range(0, NotesPerDevice).Select(i => new AtWrite($"{device.Name}{i}.notes.demo", AtValue.OfText($"note {i} from {device.Name}"))),
                    new AtWrite(SharedNote, AtValue.OfText($"the plan, as {device.Name} sees it")),
                ];
                await client.WriteAsync(writes, cancellationToken);
            }

            return new StepOutcome(2 * (NotesPerDevice + 1), 0, $"{2 * (NotesPerDevice + 1)} edits");
        });

    private Task ConvergeAsync(DemoDevice a, DemoDevice b, CancellationToken cancellationToken) =>
        _steps.RunAsync("converge", "Both come online and converge", async report =>
        {
            await using var onA = await a.OpenAsync(isOffline: false, cancellationToken);
            await using var onB = await b.OpenAsync(isOffline: false, cancellationToken);
            // A sends first, B meets A's version, A then receives B's.
            foreach (var client in new[] { onA, onB, onA })
            {
                var result = await SyncAsync(client, report, cancellationToken);
                Require(result.InSync, $"not in step after the edits: {SyncJson.Text(result)}");
            }

            var left = await onA.GetAsync(SharedNote, cancellationToken);
            var right = await onB.GetAsync(SharedNote, cancellationToken);
            Require(left?.Text is not null && left.Text == right?.Text, "A and B hold different versions of the note that both edited");
            var losers = new List<string>();
            foreach (var client in new[] { onA, onB })
            {
                await foreach (var conflict in client.Conflicts.ListAsync(cancellationToken))
                {
                    losers.Add(await LoserOfAsync(client, conflict, cancellationToken));
                }
            }

            _conflicts = losers.Count;
            Require(losers.Count > 0, "the conflict was not noticed");
            return new StepOutcome(losers.Count, 0, $"both hold \"{left?.Text}\"; kept in the inbox: {string.Join(", ", losers.Select(text => $"\"{text}\""))}");
        });

    private static async Task<string> LoserOfAsync(AtClient client, Conflict listed, CancellationToken cancellationToken)
    {
        var conflict = await client.Conflicts.GetAsync(listed.Id, cancellationToken) ?? listed;
        var loser = conflict.Kind == Storage.Local.ConflictKind.RemoteLost ? conflict.Remote : conflict.Local;
        return loser?.Value?.Text ?? "(nothing)";
    }

    private Task CompareNotesAsync(DemoDevice b, DemoDevice c, CancellationToken cancellationToken) =>
        _steps.RunAsync("compare", "B and C are compared record by record", async _ =>
        {
            await using var onB = await b.OpenAsync(isOffline: true, cancellationToken);
            await using var onC = await c.OpenAsync(isOffline: true, cancellationToken);
            var left = await ContentAsync(onB, cancellationToken);
            var right = await ContentAsync(onC, cancellationToken);
            Require(left.Count == right.Count && left.All(item => right.TryGetValue(item.Key, out var other) && other == item.Value), "B and C hold different records");
            return new StepOutcome(right.Count, 0, $"{right.Count:N0} records equal");
        });

    /// <summary>Key and sealed content of every record: equal when the devices are in step.</summary>
    private static async Task<Dictionary<string, string>> ContentAsync(AtClient client, CancellationToken cancellationToken)
    {
        var content = new Dictionary<string, string>();
        await foreach (var record in client.ScanAsync(cancellationToken: cancellationToken))
        {
            var value = await client.GetAsync(record.Key.Full, cancellationToken);
            content[record.Key.Full] = value is null ? "" : Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(value.Bytes.Span));
        }

        return content;
    }

    private static async Task<SyncResult> SyncAsync(AtClient client, Action<long, long, string> report, CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var drawing = SyncView.DrawAsync(client, report, stop.Token);
        try
        {
            return await client.SyncAsync(cancellationToken);
        }
        finally
        {
            await stop.CancelAsync();
            await drawing;
        }
    }

    private void Require(bool holds, string problem)
    {
        if (!holds)
        {
            _problems.Add(problem);
        }
    }

    /// <summary>Unlike <see cref="Progress{T}"/>, in order and on the calling thread.</summary>
    private sealed class Reporting<T>(Action<T> report) : IProgress<T>
    {
        public void Report(T value) => report(value);
    }
}
