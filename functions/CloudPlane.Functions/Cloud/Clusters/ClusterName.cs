namespace CloudPlane.Functions;

/// <summary>What a cluster may be called: a DNS-1123 label of at most 40 characters, so that it fits into table, queue and session names.</summary>
internal static class ClusterName
{
    private const int Longest = 40;

    private const int StateNameLength = 17;

    /// <summary>Why a cluster of that name can't be made, or null when it can.</summary>
    public static string? Problem(string name) => name switch
    {
        ClusterRegistry.Default => "the default cluster always exists, and can't be made or deleted",
        ClusterRegistry.Deployment => "the name is the deployment's own",
        _ when IsStateName(name) => "names of a 'c' and 16 hexadecimal digits are the deployment's own",
        _ when !IsValid(name) => $"a cluster's name has at most {Longest} lower case letters, digits and '-', begins with a letter and does not end with '-'",
        _ => null,
    };

    /// <summary>The name of a cluster's state, from its id (32 hexadecimal digits).</summary>
    public static string StateName(string id) => $"c{id[..(StateNameLength - 1)]}";

    /// <summary>Whether a name is one of a cluster's state; no cluster is called so.</summary>
    public static bool IsStateName(string name) => name.Length == StateNameLength && name[0] == 'c' && name.AsSpan(1).IndexOfAnyExcept("0123456789abcdef") < 0;

    /// <summary>Whether there can be a cluster of that name at all.</summary>
    public static bool IsValid(string name) =>
        name.Length is > 0 and <= Longest && name != ClusterRegistry.Deployment && name[0] is >= 'a' and <= 'z' && name[^1] != '-'
        && name.All(c => c is (>= 'a' and <= 'z') or (>= '0' and <= '9') or '-');
}
