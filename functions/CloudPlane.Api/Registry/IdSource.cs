namespace CloudPlane.Api;

/// <summary>Random identities from the injected source, which need not be safe for concurrent use.</summary>
internal sealed class IdSource(Random random)
{
    // Without vowels and look-alikes: k8s.io/apimachinery/pkg/util/rand.
    private const string Alphabet = "bcdfghjklmnpqrstvwxz2456789";
    private readonly Lock _lock = new();

    /// <summary>A version 4 UUID (RFC 9562).</summary>
    public Guid NewUid()
    {
        Span<byte> bytes = stackalloc byte[16];
        lock (_lock)
            random.NextBytes(bytes);
        bytes[6] = (byte)((bytes[6] & 0x0f) | 0x40);
        bytes[8] = (byte)((bytes[8] & 0x3f) | 0x80);
        return new Guid(bytes, bigEndian: true);
    }

    /// <summary>A name from metadata.generateName: cut to 58 characters, then 5 random ones.</summary>
    public string NewName(string prefix)
    {
        const int maxPrefix = 58;
        Span<char> suffix = stackalloc char[5];
        lock (_lock)
        {
            foreach (ref var c in suffix)
                c = Alphabet[random.Next(Alphabet.Length)];
        }

        return string.Concat(prefix.AsSpan(0, Math.Min(prefix.Length, maxPrefix)), suffix);
    }

    /// <summary>From <paramref name="low"/> up to but not including <paramref name="high"/>.</summary>
    public int Next(int low, int high)
    {
        lock (_lock)
            return random.Next(low, high);
    }

    /// <summary>At least 0, below 1.</summary>
    public double NextFraction()
    {
        lock (_lock)
            return random.NextDouble();
    }
}
