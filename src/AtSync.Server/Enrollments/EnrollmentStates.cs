namespace AtSync.Server.Enrollments;

/// <summary>The words of <c>approval.state</c>. Expiry is no state: an expired record is as good as gone.</summary>
internal static class EnrollmentStates
{
    public const string Pending = "pending";
    public const string Approved = "approved";
    public const string Denied = "denied";
    public const string Revoked = "revoked";
}
