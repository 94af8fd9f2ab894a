using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using System.Text.Json;

namespace AtSync.House.Tests;

/// <summary>Which floor may see which. A new project needs a row here, and so a decision.</summary>
public sealed class FloorTests
{
    private const string WebFramework = "Microsoft.AspNetCore";

    /// <summary>Direct references that are allowed.</summary>
    private static readonly Dictionary<string, string[]> _mayRefer = new()
    {
        ["AtSync.Protocol"] = [],
        ["AtSync.Storage"] = ["AtSync.Protocol"],
        ["AtSync.Transport"] = ["AtSync.Protocol"],
        ["AtSync.Crypto"] = ["AtSync.Protocol"],
        ["AtSync.Transport.Kestrel"] = ["AtSync.Protocol", "AtSync.Transport"],
        ["AtSync.Server"] = ["AtSync.Protocol", "AtSync.Storage", "AtSync.Transport", "AtSync.Crypto", "AtSync.Transport.Kestrel"],
        ["AtSync.Directory"] = ["AtSync.Protocol", "AtSync.Storage", "AtSync.Transport", "AtSync.Transport.Kestrel"],
        ["AtSync.Client"] = ["AtSync.Protocol", "AtSync.Storage", "AtSync.Transport", "AtSync.Crypto"],
        ["AtSync.Extensions.DependencyInjection"] = ["AtSync.Protocol", "AtSync.Storage", "AtSync.Transport", "AtSync.Crypto", "AtSync.Client"],
        ["AtSync.Simulation"] = ["AtSync.Protocol", "AtSync.Storage", "AtSync.Transport", "AtSync.Crypto", "AtSync.Client", "AtSync.Server", "AtSync.Directory"],
    };

    /// <summary>Packages a floor may bring; each engine stays on the one floor that hides it.</summary>
    private static readonly Dictionary<string, string[]> _mayUse = new()
    {
        ["AtSync.Protocol"] = [],
        ["AtSync.Storage"] = ["Microsoft.Data.Sqlite", "Microsoft.Extensions.Logging.Abstractions"],
        ["AtSync.Transport"] = ["Microsoft.Extensions.Logging.Abstractions"],
        ["AtSync.Crypto"] = ["BouncyCastle.Cryptography"],
        ["AtSync.Transport.Kestrel"] = [],
        ["AtSync.Server"] = ["Microsoft.Extensions.Logging.Abstractions"],
        ["AtSync.Directory"] = ["Microsoft.Extensions.Logging.Abstractions"],
        ["AtSync.Client"] = ["Microsoft.Extensions.Logging.Abstractions"],
        ["AtSync.Extensions.DependencyInjection"] =
        [
            "Microsoft.Extensions.DependencyInjection.Abstractions", "Microsoft.Extensions.Hosting.Abstractions",
            "Microsoft.Extensions.Logging.Abstractions", "Microsoft.Extensions.Options",
        ],
        ["AtSync.Simulation"] = ["Microsoft.Extensions.Logging.Abstractions"],
    };

    public static TheoryData<string> Floors => [.. ProjectFile.All.Where(p => p.Path.StartsWith("src/", StringComparison.Ordinal)).Select(p => p.Name)];

    [Theory]
    [MemberData(nameof(Floors))]
    public void A_floor_refers_to_lower_floors_only(string name)
    {
        var project = ProjectFile.All.Single(p => p.Name == name);

        Assert.True(_mayRefer.ContainsKey(name), $"{name} is not among the floors; add it to docs/architecture.md and to this test");
        Expect.None(project.Projects.Except(_mayRefer[name]));
        Expect.None(project.Packages.Except(_mayUse[name]));
    }

    [Fact]
    public void Only_the_listener_brings_the_web_framework_into_a_library()
    {
        var bringing = ProjectFile.All.Where(p => p.Path.StartsWith("src/", StringComparison.Ordinal) && p.Frameworks.Count > 0).Select(p => p.Name);

        Assert.Equal(["AtSync.Transport.Kestrel"], bringing);
    }

    [Fact]
    public void Nothing_the_client_is_built_on_refers_to_the_web_framework()
    {
        var closure = ProjectFile.ClosureOf("AtSync.Client");

        Expect.None(closure.SelectMany(p => p.Frameworks));
        Assert.DoesNotContain(closure, p => p.Name is "AtSync.Server" or "AtSync.Directory" or "AtSync.Transport.Kestrel");
    }

    [Fact]
    public void A_program_with_a_client_runs_without_the_web_framework()
    {
        using var config = JsonDocument.Parse(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "AtSync.House.Tests.runtimeconfig.json")));
        var options = config.RootElement.GetProperty("runtimeOptions");
        var frameworks = options.TryGetProperty("frameworks", out var several)
            ? several.EnumerateArray().Select(f => f.GetProperty("name").GetString()).ToList()
            : [options.GetProperty("framework").GetProperty("name").GetString()];

        Assert.Equal(["Microsoft.NETCore.App"], frameworks);
    }

    [Fact]
    public void No_compiled_library_below_the_client_names_the_web_framework()
    {
        var seen = new HashSet<string>();
        var open = new Queue<string>(["AtSync.Client"]);
        while (open.TryDequeue(out var name))
        {
            var file = Path.Combine(AppContext.BaseDirectory, name + ".dll");
            if (!seen.Add(name) || !File.Exists(file))
            {
                continue;
            }

            foreach (var reference in ReferencesOf(file))
            {
                Assert.False(reference.StartsWith(WebFramework, StringComparison.Ordinal), $"{name} refers to {reference}");
                open.Enqueue(reference);
            }
        }

        Assert.Superset(new HashSet<string> { "AtSync.Client", "AtSync.Storage", "AtSync.Transport", "AtSync.Protocol" }, seen);
    }

    [Fact]
    public void Every_project_is_in_the_solution()
    {
        var solution = Repository.Text("AtSync.slnx");

        Expect.None(Repository.Projects.Where(p => !solution.Contains($"\"{p}\"", StringComparison.Ordinal)));
    }

    private static List<string> ReferencesOf(string file)
    {
        using var image = new PEReader(File.OpenRead(file));
        if (!image.HasMetadata)
        {
            return [];
        }

        var metadata = image.GetMetadataReader();
        return [.. metadata.AssemblyReferences.Select(handle => metadata.GetString(metadata.GetAssemblyReference(handle).Name))];
    }
}
