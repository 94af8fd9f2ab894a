using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace AtSync.House.Tests;

/// <summary>What a repository that is finished has, and has not.</summary>
public sealed partial class FinishedTests
{
    private const int ReadmeLinesMin = 5;
    private const int ReadmeLinesMax = 60;

    [Fact]
    public void Nothing_is_left_unfinished() =>
        Expect.None(TidyTests.FindIn(Repository.Code("src", "apps", "bench", "samples"), Unfinished()));

    [Fact]
    public void Every_library_has_a_README_of_one_screen() =>
        Expect.None(Repository.Projects
            .Where(p => p.StartsWith("src/", StringComparison.Ordinal))
            .Select(p => Path.GetDirectoryName(p)!.Replace('\\', '/') + "/README.md")
            .Where(readme => !Repository.Files.Contains(readme) || Repository.Lines(readme).Length is < ReadmeLinesMin or > ReadmeLinesMax));

    [Fact]
    public void Every_package_version_is_used()
    {
        var versions =
            XDocument.Parse(Repository.Text("Directory.Packages.props")).Descendants("PackageVersion").Select(e => (string)e.Attribute("Include")!);
        var asking = string.Concat(Repository.Files.Where(f => f.EndsWith(".csproj", StringComparison.Ordinal) || f.EndsWith("Directory.Build.props", StringComparison.Ordinal))
            .Select(Repository.Text));

        Expect.None(versions.Where(id => !asking.Contains($"PackageReference Include=\"{id}\"", StringComparison.Ordinal)));
    }

    /// <summary>
    /// A file is dead when nothing that it declares is named in any other file. Extension methods are named instead of their class.
    /// </summary>
    [Fact]
    public void No_library_file_is_dead()
    {
        var words = Repository.Code("src", "apps", "tests", "bench", "samples").ToDictionary(f => f, f => Word().Matches(Repository.Text(f)).Select(m => m.Value).ToHashSet());
        var dead = Repository.Code("src").Where(file =>
        {
            var text = Repository.Text(file);
            var declared = TypeName().Matches(text).Concat(ExtensionName().Matches(text)).Select(m => m.Groups[1].Value).ToList();
            return declared.Count > 0 && !words.Any(other => other.Key != file && declared.Exists(other.Value.Contains));
        });

        Expect.None(dead);
    }

    [GeneratedRegex(@"NotImplementedException|\b(TODO|FIXME|HACK|XXX)\b")]
    private static partial Regex Unfinished();

    [GeneratedRegex(@"\w+")]
    private static partial Regex Word();

    [GeneratedRegex(@"^(?:    )?(?:(?:public|internal|private|protected|static|sealed|abstract|readonly|partial|ref|unsafe) )+(?:class|struct|interface|enum|record(?: struct| class)?|delegate [\w<>?\[\], ]+?) (\w+)", RegexOptions.Multiline)]
    private static partial Regex TypeName();

    [GeneratedRegex(@" (\w+)(?:<[^>(]*>)?\(this ")]
    private static partial Regex ExtensionName();
}
