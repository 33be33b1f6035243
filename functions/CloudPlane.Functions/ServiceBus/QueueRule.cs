using System.Security.Cryptography;

namespace CloudPlane.Functions;

/// <summary>An authorization rule of one queue: who signs with its key gets its rights on this queue and nothing else.</summary>
/// <param name="Name">The rule's name (skn in a token).</param>
/// <param name="Rights">What it allows.</param>
/// <param name="Key">Base64 of 32 bytes; see <see cref="GenerateKey"/>. A secret.</param>
internal sealed record QueueRule(string Name, QueueRights Rights, string Key)
{
    public static string GenerateKey() => Convert.ToBase64String(RandomNumberGenerator.GetBytes(32));

    // A record would print its key.
    public override string ToString() => $"{Name} ({Rights})";
}
