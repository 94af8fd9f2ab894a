using AtSync.Protocol;
using AtSync.Server.Sessions;

namespace AtSync.Server.Enrollments;

/// <summary>What a caller may do with the enrollments of others. Whoever holds the atSign's first key or its secret may do everything.</summary>
internal static class EnrollmentAuthority
{
    /// <summary>Null when the caller may decide about <paramref name="target"/>: it holds <c>__manage</c>, and all that the target holds.</summary>
    public static AtError? CheckOver(Caller caller, Enrollment target, string operation)
    {
        if (caller.Enrollment is not { } own)
        {
            return null;
        }

        var cause = !own.Grants.HoldsManage
            ? "The approving enrollment does not have access to \"__manage\" namespace"
            : !own.Grants.IsAtLeast(target.Grants)
                ? "Client is not authorized for namespaces in the enrollment request"
                : null;
        return cause is null ? null : new AtError(AtErrorCodes.Unauthorized, $"Failed to {operation} enrollment id: {target.Id}. {cause}");
    }

    /// <summary>Null when the caller may hand out passcodes.</summary>
    public static AtError? CheckPasscodes(Caller caller) => caller.Enrollment is null or { Grants.HoldsManage: true }
        ? null
        : new AtError(AtErrorCodes.Unauthorized, "passcodes are for enrollments that hold the __manage namespace");

    /// <summary>Null when the caller may change what is true of the atSign as a whole.</summary>
    public static AtError? CheckRoot(Caller caller, string what) => caller.Enrollment is null or { Grants.IsRoot: true }
        ? null
        : new AtError(AtErrorCodes.Unauthorized, $"{what} is for enrollments that hold * and __manage with rw");
}
