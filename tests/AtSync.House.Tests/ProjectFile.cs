using System.Xml.Linq;

namespace AtSync.House.Tests;

/// <summary>What a project file asks for.</summary>
/// <param name="Path">From the root of the checkout.</param>
/// <param name="Projects">Names of the projects it refers to.</param>
/// <param name="Packages">Ids of the packages it refers to, without those that only build needs.</param>
/// <param name="Frameworks">Shared frameworks beyond .NET's own.</param>
internal sealed record ProjectFile(string Path, IReadOnlySet<string> Projects, IReadOnlySet<string> Packages, IReadOnlySet<string> Frameworks)
{
    public string Name => System.IO.Path.GetFileNameWithoutExtension(Path);

    public static IReadOnlyList<ProjectFile> All { get; } = [.. Repository.Projects.Select(Load)];

    /// <summary>The project and everything it refers to, directly or not.</summary>
    public static IReadOnlyList<ProjectFile> ClosureOf(string name)
    {
        var closure = new Dictionary<string, ProjectFile>();
        var open = new Queue<string>([name]);
        while (open.TryDequeue(out var next))
        {
            if (!closure.ContainsKey(next))
            {
                var project = All.Single(p => p.Name == next);
                closure.Add(next, project);
                project.Projects.ToList().ForEach(open.Enqueue);
            }
        }

        return [.. closure.Values];
    }

    private static ProjectFile Load(string path)
    {
        var xml = XDocument.Parse(Repository.Text(path));
        HashSet<string> Items(string kind) =>
            [.. xml.Descendants(kind).Where(e => (string?)e.Attribute("PrivateAssets") != "all").Select(e => (string?)e.Attribute("Include")).OfType<string>()];
        return new ProjectFile(
            path,
            Items("ProjectReference").Select(p => System.IO.Path.GetFileNameWithoutExtension(p.Replace('\\', '/'))).ToHashSet(),
            Items("PackageReference"),
            Items("FrameworkReference"));
    }
}
