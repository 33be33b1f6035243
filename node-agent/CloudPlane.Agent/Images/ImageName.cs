using System.Text.RegularExpressions;

namespace CloudPlane.Agent;

/// <summary>Image references by the rules of the distribution project.</summary>
internal static partial class ImageName
{
    /// <summary>The reference with a tag (":latest" when it has neither tag nor digest), or null when it is none.</summary>
    public static string? Normalize(string name)
    {
        if (name.Length is 0 or > 4096 || !Reference().IsMatch(name)) return null;
        return HasTag(name) ? name : $"{name}:latest";
    }

    /// <summary>The registry's host: the first part if it looks like one, else Docker Hub.</summary>
    public static string Registry(string name)
    {
        var slash = name.IndexOf('/');
        if (slash < 0) return "docker.io";
        var first = name[..slash];
        return first.Contains('.') || first.Contains(':') || first == "localhost" ? first : "docker.io";
    }

    private static bool HasTag(string name) => name.Contains('@') || name.LastIndexOf(':') > name.LastIndexOf('/');

    [GeneratedRegex(
        @"^(?:(?:[a-zA-Z0-9](?:[a-zA-Z0-9.-]*[a-zA-Z0-9])?|\[[a-fA-F0-9:]+\])(?::[0-9]+)?/)?[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*(?::[\w][\w.-]{0,127})?(?:@[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,})?$", RegexOptions.CultureInvariant)]
    private static partial Regex Reference();
}
