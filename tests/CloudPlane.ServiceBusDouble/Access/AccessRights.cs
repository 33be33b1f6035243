namespace CloudPlane.Doubles;

/// <summary>What an authorization rule allows. Manage is taken only together with the other two.</summary>
[Flags]
public enum AccessRights
{
    None = 0,
    Listen = 1,
    Send = 2,
    Manage = 4,
    All = Listen | Send | Manage,
}
