namespace AtSync.Protocol;

/// <summary>What a full key is. Tried in this order; the first that fits decides.</summary>
public enum AtKeyKind
{
    /// <summary>Keys with a fixed meaning (<c>public:publickey@x</c>, <c>@bob:shared_key@x</c>, <c>privatekey:at_secret</c>…); a partial match suffices.</summary>
    Reserved,

    /// <summary><c>public:name.ns@owner</c>.</summary>
    Public,

    /// <summary><c>private:name.ns@owner</c>.</summary>
    Private,

    /// <summary><c>name.ns@owner</c> or <c>@owner:name.ns@owner</c>.</summary>
    Self,

    /// <summary><c>@other:name.ns@owner</c>.</summary>
    Shared,

    /// <summary><c>cached:public:name.ns@owner</c>.</summary>
    CachedPublic,

    /// <summary><c>cached:@me:name.ns@owner</c>.</summary>
    CachedShared,

    /// <summary><c>local:name.ns@owner</c>; never leaves the device.</summary>
    Local,

    /// <summary>None of these.</summary>
    Invalid,
}
