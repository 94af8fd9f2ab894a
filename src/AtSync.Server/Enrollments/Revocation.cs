using System.Text;
using AtSync.Server.Records;

namespace AtSync.Server.Enrollments;

/// <summary>
/// What a revocation takes with it: everything that the enrollment approved, and what those approved. The atSign's first key goes as well when it
/// is the key of one of them: otherwise a revoked device could go on by logging in without its id.
/// </summary>
internal sealed class Revocation
{
    private Revocation(IReadOnlyList<Enrollment> enrollments, bool takesFirstKey, bool leavesRoot) =>
        (Enrollments, TakesFirstKey, LeavesRoot) = (enrollments, takesFirstKey, leavesRoot);

    /// <summary>The target first.</summary>
    public IReadOnlyList<Enrollment> Enrollments { get; }

    public bool TakesFirstKey { get; }

    /// <summary>Somebody is left who holds everything and does not expire.</summary>
    public bool LeavesRoot { get; }

    public static async ValueTask<Revocation> OfAsync(Enrollment target, EnrollmentBook book, CancellationToken cancellationToken)
    {
        var approved = (await book.ListAsync(cancellationToken)).Where(each => each.IsApproved).ToList();
        var taken = new List<Enrollment> { target };
        for (var i = 0; i < taken.Count; i++)
        {
            taken.AddRange(approved.Where(each => each.ApprovedBy == taken[i].Id && taken.All(other => other.Id != each.Id)));
        }

        var firstKey = await FirstKeyAsync(book, cancellationToken);
        var takesFirstKey = firstKey is not null && taken.Any(each => each.ApkamPublicKey == firstKey);
        var firstKeyStands = firstKey is not null && !takesFirstKey && approved.All(each => each.ApkamPublicKey != firstKey);
        var leavesRoot = firstKeyStands || approved.Any(each =>
            each.ExpiresAt is null && each.Grants.IsRoot && taken.All(other => other.Id != each.Id));
        return new Revocation(taken, takesFirstKey, leavesRoot || !target.Grants.IsRoot);
    }

    /// <summary>The key of plain <c>pkam</c>, or null.</summary>
    public static async ValueTask<string?> FirstKeyAsync(EnrollmentBook book, CancellationToken cancellationToken) =>
        await book.Store.GetAsync(KeyRules.PkamPublicKey, cancellationToken) is { HasValue: true } record
            && !RecordLife.IsExpired(record.Times, book.Now.ToUnixTimeMilliseconds())
                ? Encoding.UTF8.GetString(record.Value.Span)
                : null;
}
