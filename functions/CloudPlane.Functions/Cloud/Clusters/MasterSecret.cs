using System.Numerics;
using System.Security.Cryptography;
using System.Text;

namespace CloudPlane.Functions;

/// <summary>
/// The deployment's one secret, from which every key of every cluster is derived (HKDF, RFC 5869): each instance has all of them without
/// reading any, and none of them tells anything about another.
/// </summary>
internal sealed class MasterSecret
{
    /// <summary>As long as the hash that derives from it.</summary>
    private const int LeastBytes = 32;

    // The order of P-256 (SP 800-186, section 3.2.1.3).
    private static readonly BigInteger Order = new(
        Convert.FromHexString("FFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551"), isUnsigned: true, isBigEndian: true);

    private readonly byte[] _secret;

    private MasterSecret(byte[] secret) => _secret = secret;

    /// <summary>From the value of an app setting.</summary>
    /// <exception cref="FormatException">It is not base64, or too short. The message does not repeat it.</exception>
    public static MasterSecret Parse(string base64)
    {
        byte[] secret;
        try
        {
            secret = Convert.FromBase64String(base64);
        }
        catch (FormatException)
        {
            throw new FormatException("is not base64");
        }

        return secret.Length >= LeastBytes
            ? new MasterSecret(secret)
            : throw new FormatException($"has {secret.Length} bytes; it needs {LeastBytes} (openssl rand -base64 {LeastBytes})");
    }

    /// <summary>A P-256 key for signing tokens. The same purpose always gives the same key.</summary>
    public ECDsa SigningKey(string purpose)
    {
        // 16 bytes more than the order has make the bias of the remainder negligible (FIPS 186-5, A.2.1).
        var wide = new BigInteger(Derive($"signing key: {purpose}", 48), isUnsigned: true, isBigEndian: true);
        var scalar = ((wide % (Order - 1)) + 1).ToByteArray(isUnsigned: true, isBigEndian: true);
        var d = new byte[32];
        scalar.CopyTo(d, d.Length - scalar.Length);
        return ECDsa.Create(new ECParameters { Curve = ECCurve.NamedCurves.nistP256, D = d });
    }

    /// <summary>A key for a shared access rule of Service Bus: 32 bytes as base64, as Azure makes them.</summary>
    public string SharedAccessKey(string purpose) => Convert.ToBase64String(Derive($"shared access key: {purpose}", 32));

    private byte[] Derive(string purpose, int length) =>
        HKDF.DeriveKey(HashAlgorithmName.SHA256, _secret, length, info: Encoding.UTF8.GetBytes($"cloudplane v1 {purpose}"));
}
