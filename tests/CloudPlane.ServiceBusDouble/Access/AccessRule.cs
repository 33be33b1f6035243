namespace CloudPlane.Doubles;

/// <summary>An authorization rule of the namespace or of one queue.</summary>
/// <param name="Name">The name that a token carries as skn.</param>
/// <param name="Rights">What it allows.</param>
/// <param name="PrimaryKey">Base64 of 32 bytes, used as text.</param>
/// <param name="SecondaryKey">Signs just as well; null for none.</param>
public sealed record AccessRule(string Name, AccessRights Rights, string PrimaryKey, string? SecondaryKey = null)
{
    /// <summary>Why Service Bus refuses this rule; null when it takes it.</summary>
    internal string? Fault()
    {
        if (Name.Length is 0 or > 256)
            return "the name of an authorization rule has 1 to 256 characters";
        if (Rights == AccessRights.None)
            return $"authorization rule {Name} has no rights";
        if (Rights.HasFlag(AccessRights.Manage) && Rights != AccessRights.All)
            return $"authorization rule {Name}: Manage needs Send and Listen as well";
        return IsKey(PrimaryKey) && (SecondaryKey is null || IsKey(SecondaryKey)) ? null : $"authorization rule {Name}: a key is 32 bytes in base64";
    }

    private static bool IsKey(string key)
    {
        Span<byte> bytes = stackalloc byte[33];
        return key.Length == 44 && Convert.TryFromBase64String(key, bytes, out var written) && written == 32;
    }
}
