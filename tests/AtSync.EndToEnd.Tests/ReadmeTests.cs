using System.Diagnostics;
using System.Text;
using System.Text.RegularExpressions;
using AtSync.App.Hosting;
using AtSync.Bench.Processes;
using AtSync.Tests;

namespace AtSync.EndToEnd.Tests;

/// <summary>What the README shows is what happens: its shell blocks and its program run as they stand there, against the server they start.</summary>
public sealed partial class ReadmeTests : IDisposable
{
    private readonly string _folder = TestWorld.NewFolder();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => System.IO.Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Every_sample_of_the_README_runs()
    {
        var readme = await File.ReadAllTextAsync(RepositoryFolder.Of("README.md"), Token);
        var shell = Blocks(readme, "sh");
        Assert.Equal("atsync up --data ./data --atsign @alice", shell[0].Trim());

        // As in the README, but on free ports.
        using var up = new Tool().Start(
            ["up", "--data", Path.Combine(_folder, "data"), "--atsign", "@alice", "--directory-port", "0", "--first-port", "0", "--parent-stdin"]);
        var ready = ReadyLine.Parse(await up.StandardOutput.ReadLineAsync(Token) ?? throw new InvalidOperationException("up ended"));
        await File.WriteAllTextAsync(Path.Combine(_folder, "secret.txt"), ready.AtSigns[0].Secret + "\n", Token);
        await WriteShimAsync();

        var output = new StringBuilder();
        foreach (var block in shell.Skip(1))
        {
            output.Append(await RunAsync("bash", ["-euo", "pipefail", "-c", block.Replace("localhost:6400", ready.Directory, StringComparison.Ordinal)]));
        }

        Assert.Contains("two litres", output.ToString(), StringComparison.Ordinal);
        Assert.Contains("bread.shopping", output.ToString(), StringComparison.Ordinal);

        var program = await File.ReadAllTextAsync(RepositoryFolder.Of("samples", "Quickstart", "Program.cs"), Token);
        Assert.Equal(program, Assert.Single(Blocks(readme, "csharp")));
        var printed = await RunAsync("dotnet", [SampleProgram("Quickstart"), ready.Directory.Split(':')[^1]]);
        Assert.Equal("two litres\nin sync: True, pushed 1\n", printed);

        up.StandardInput.Close();
        await up.WaitForExitAsync(Token);
    }

    private static List<string> Blocks(string markdown, string language) =>
        [.. Fence().Matches(markdown).Where(match => match.Groups["language"].Value == language).Select(match => match.Groups["text"].Value)];

    [GeneratedRegex(@"^```(?<language>[a-z]+)\n(?<text>.*?)^```$", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Fence();

    /// <summary>The command <c>atsync</c> on the path.</summary>
    private async Task WriteShimAsync()
    {
        var command = OwnProgram.Command([]);
        var shim = Path.Combine(_folder, "atsync");
        await File.WriteAllTextAsync(shim, $"#!/bin/sh\nexec '{command.FileName}' {string.Join(' ', command.ArgumentList.Select(argument => $"'{argument}'"))} \"$@\"\n", Token);
        await RunAsync("chmod", ["700", shim]);
    }

    private async Task<string> RunAsync(string program, IEnumerable<string> arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { WorkingDirectory = _folder, RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["HOME"] = _folder;
        start.Environment["PATH"] = _folder + ":" + Environment.GetEnvironmentVariable("PATH");
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync(Token);
        var errors = await process.StandardError.ReadToEndAsync(Token);
        await process.WaitForExitAsync(Token);
        Assert.True(process.ExitCode == 0, $"{string.Join(' ', arguments)} ended with {process.ExitCode}: {errors}");
        return await output;
    }

    /// <summary>A sample where it was built: beside this project, in the same configuration.</summary>
    private static string SampleProgram(string name) =>
        Path.Combine(AppContext.BaseDirectory.Replace(Path.Combine("tests", "AtSync.EndToEnd.Tests"), Path.Combine("samples", name), StringComparison.Ordinal), name + ".dll");
}
