using System.Globalization;

namespace CloudPlane.Controllers;

/// <summary>Short name suffixes from hashes, in Kubernetes' alphabet without vowels and look-alikes (k8s.io/apimachinery/pkg/util/rand).</summary>
internal static class SafeNames
{
    private const string Alphabet = "bcdfghjklmnpqrstvwxz2456789";
    private const uint FnvOffset = 2166136261;
    private const uint FnvPrime = 16777619;

    /// <summary>FNV-1a, 32 bits.</summary>
    public static uint Hash(ReadOnlySpan<byte> bytes, uint seed = FnvOffset)
    {
        foreach (var b in bytes)
        {
            seed = (seed ^ b) * FnvPrime;
        }
        return seed;
    }

    /// <summary>rand.SafeEncodeString of the number's decimal digits, as in a pod-template-hash.</summary>
    public static string Encode(uint hash)
    {
        var digits = hash.ToString(CultureInfo.InvariantCulture);
        return string.Create(digits.Length, digits, static (safe, digits) =>
        {
            for (var i = 0; i < safe.Length; i++)
            {
                safe[i] = Alphabet[digits[i] % Alphabet.Length];
            }
        });
    }

    /// <summary>Five characters, evenly spread: what the API server's generateName would append, but the same for the same text.</summary>
    public static string Suffix(string text)
    {
        var hash = 14695981039346656037UL;
        foreach (var c in text)
        {
            hash = (hash ^ c) * 1099511628211UL;
        }
        // FNV's low digits are weak for texts that differ in the last character only.
        hash ^= hash >> 32;
        hash *= 0x9E3779B97F4A7C15UL;
        hash ^= hash >> 29;
        return string.Create(5, hash, static (suffix, hash) =>
        {
            for (var i = 0; i < suffix.Length; i++, hash /= (ulong)Alphabet.Length)
            {
                suffix[i] = Alphabet[(int)(hash % (ulong)Alphabet.Length)];
            }
        });
    }

    /// <summary>generateName's rule: the base is cut so that the name stays within a label's 63 characters.</summary>
    public static string WithSuffix(string baseName, string suffix) =>
        baseName.Length + suffix.Length > 63 ? baseName[..(63 - suffix.Length)] + suffix : baseName + suffix;
}
