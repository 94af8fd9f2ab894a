using System.Text.RegularExpressions;

namespace AtSync.House.Tests;

/// <summary>What reviews should not have to look for.</summary>
public sealed partial class TidyTests
{
    private const int LinesMax = 600;

    /// <summary>This file has to spell what it forbids.</summary>
    private const string Itself = "tests/AtSync.House.Tests/TidyTests.cs";

    private static readonly string[] _textKinds =
        [".cs", ".csproj", ".props", ".targets", ".slnx", ".json", ".md", ".sh", ".wire", ".txt", ".yml", ".yaml", ".editorconfig", ".gitignore", ".service", ""];

    private static IEnumerable<string> TextFiles => Repository.Files.Where(f => _textKinds.Contains(Path.GetExtension(f)) && f != Itself);

    [Fact]
    public void No_file_of_code_is_longer_than_600_lines() =>
        Expect.None(Repository.Code("src", "apps", "tests", "bench", "samples").Where(f => Repository.Lines(f).Length > LinesMax));

    [Fact]
    public void No_path_of_somebodys_machine_is_in_the_repository() => Expect.None(FindIn(TextFiles, MachinePath()));

    [Fact]
    public void No_conflict_is_left_unresolved() => Expect.None(FindIn(TextFiles, ConflictMark()));

    /// <summary>
    /// What a platform does not have may be skipped there. A few milliseconds between two looks at another process are no sleep: nothing depends on them.
    /// </summary>
    [Fact]
    public void No_test_is_skipped_and_none_sleeps() => Expect.None(FindIn(Repository.Code("tests").Where(f => f != Itself), SkippedOrSleeping()));

    [Fact]
    public void No_left_over_of_an_editor_or_a_merge_is_in_the_repository() =>
        Expect.None(Repository.Files.Where(f => LeftOver().IsMatch(f)));

    [Fact]
    public void No_file_is_empty() => Expect.None(TextFiles.Where(f => Repository.Text(f).Trim().Length == 0));

    [Fact]
    public void Every_file_of_code_belongs_to_a_project()
    {
        var folders = Repository.Projects.Select(p => Path.GetDirectoryName(p)!.Replace('\\', '/') + "/").ToList();
        if (Repository.Text("tests/Directory.Build.props").Contains("tests/Shared/*.cs", StringComparison.Ordinal))
        {
            folders.Add("tests/Shared/"); // Belongs to every test project.
        }

        Expect.None(Repository.Code("src", "apps", "tests", "bench", "samples").Where(f => !folders.Any(folder => f.StartsWith(folder, StringComparison.Ordinal))));
    }

    [Fact]
    public void Every_namespace_is_its_folder()
    {
        foreach (var file in Repository.Code("src"))
        {
            if (NamespaceName().Match(Repository.Text(file)) is { Success: true } declared)
            {
                Assert.Equal((Path.GetDirectoryName(file)!.Replace('\\', '/')["src/".Length..].Replace('/', '.'), file), (declared.Groups[1].Value, file));
            }
        }
    }

    [Fact]
    public void Links_between_documents_lead_somewhere()
    {
        foreach (var file in Repository.Files.Where(f => f.EndsWith(".md", StringComparison.Ordinal)))
        {
            var folder = Path.Combine(Repository.Root, Path.GetDirectoryName(file)!);
            foreach (Match link in Link().Matches(Repository.Text(file)))
            {
                var target = Path.GetFullPath(Path.Combine(folder, Uri.UnescapeDataString(link.Groups[1].Value)));
                Assert.True(Path.Exists(target), $"{file}: {link.Value} leads nowhere");
            }
        }
    }

    internal static IEnumerable<string> FindIn(IEnumerable<string> files, Regex pattern) =>
        from file in files
        from line in Repository.Lines(file).Select((text, i) => (text, number: i + 1))
        where pattern.IsMatch(line.text)
        select $"{file}:{line.number}: {line.text.Trim()}";

    [GeneratedRegex(@"(?<![\w.])(/home/\w|/Users/\w|/root/\w|/work/|[A-Z]:\\Users\\)")]
    private static partial Regex MachinePath();

    [GeneratedRegex(@"^(<{7}|>{7}|={7})( |$)")]
    private static partial Regex ConflictMark();

    [GeneratedRegex(@"\bSkip(When|Unless)? ?= ?""|Assert\.Skip(?!(When|Unless)\(OperatingSystem\.)|Thread\.Sleep\(|Task\.Delay\(\d{2}")]
    private static partial Regex SkippedOrSleeping();

    [GeneratedRegex(@"(\.(orig|rej|bak|swp|tmp|new|log)|~|\.DS_Store)$")]
    private static partial Regex LeftOver();

    [GeneratedRegex(@"^namespace ([\w.]+);", RegexOptions.Multiline)]
    private static partial Regex NamespaceName();

    [GeneratedRegex(@"\]\((?!https?:|mailto:|#)([^)#\s]+)(#[^)]*)?\)")]
    private static partial Regex Link();
}
