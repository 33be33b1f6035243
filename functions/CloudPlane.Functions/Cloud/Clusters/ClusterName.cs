namespace CloudPlane.Functions;

/// <summary>What a cluster may be called: a DNS-1123 label of at most 40 characters, so that it fits into table, queue and session names.</summary>
internal static class ClusterName
{
    private const int Longest = 40;

    /// <summary>Why a cluster of that name can't be made, or null when it can.</summary>
    public static string? Problem(string name) => name switch
    {
        ClusterRegistry.Default => "the default cluster always exists, and can't be made or deleted",
        ClusterRegistry.Deployment => "the name is the deployment's own",
        _ when !IsValid(name) => $"a cluster's name has at most {Longest} lower case letters, digits and '-', begins with a letter and does not end with '-'",
        _ => null,
    };

    /// <summary>Whether there can be a cluster of that name at all.</summary>
    public static bool IsValid(string name) =>
        name.Length is > 0 and <= Longest && name != ClusterRegistry.Deployment && name[0] is >= 'a' and <= 'z' && name[^1] != '-'
        && name.All(c => c is (>= 'a' and <= 'z') or (>= '0' and <= '9') or '-');
}
