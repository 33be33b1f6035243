using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace CloudPlane.Api.Tests;

public sealed class TokenSignerTests
{
    private static readonly DateTimeOffset Start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private readonly ManualTime _time = new(Start);
    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);

    [Fact]
    public void A_token_says_what_was_signed_until_it_expires()
    {
        var signer = new TokenSigner(_key, _time);
        var claims = new TokenClaims(TokenUse.Node, "n1", "default", Start.AddHours(1));
        var token = signer.Issue(claims);
        Assert.Equal(claims, signer.Verify(token, "default"));
        _time.Advance(TimeSpan.FromMinutes(59));
        Assert.NotNull(new TokenSigner(_key, _time).Verify(token, "default"));
        _time.Advance(TimeSpan.FromMinutes(1));
        Assert.Null(signer.Verify(token, "default"));
    }

    [Fact]
    public void A_token_of_another_cluster_or_key_is_none()
    {
        var signer = new TokenSigner(_key, _time);
        var token = signer.Issue(new TokenClaims(TokenUse.Admin, "root", "default", Start.AddHours(1)));
        Assert.Null(signer.Verify(token, "other"));
        using var otherKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        Assert.Null(new TokenSigner(otherKey, _time).Verify(token, "default"));
    }

    [Theory]
    [InlineData("")]
    [InlineData("x")]
    [InlineData("a.b.c")]
    [InlineData("....")]
    [InlineData("e30.e30.e30")]
    [InlineData("W10.W10.AAAA")]
    [InlineData("\u00e9.\u00e9.\u00e9")]
    public void What_is_no_token_is_refused(string text) => Assert.Null(new TokenSigner(_key, _time).Verify(text, "default"));

    [Fact]
    public void Every_changed_character_breaks_the_token()
    {
        var signer = new TokenSigner(_key, _time);
        var token = signer.Issue(new TokenClaims(TokenUse.Join, "x", "default", Start.AddHours(1)));
        // The last character of a base64url text may hold unused bits, so it is left alone.
        for (var i = 0; i < token.Length - 1; i++)
        {
            var changed = token[..i] + (token[i] == 'A' ? 'B' : 'A') + token[(i + 1)..];
            if (token[i] != '.')
                Assert.Null(signer.Verify(changed, "default"));
        }
    }

    [Fact]
    public void A_token_without_signature_is_refused()
    {
        var header = Base64Url.EncodeToString(Encoding.UTF8.GetBytes("""{"alg":"none","typ":"JWT"}"""));
        var payload = Base64Url.EncodeToString(Encoding.UTF8.GetBytes("""{"iss":"cloudplane","aud":"admin","cluster":"default","sub":"x","exp":99999999999}"""));
        Assert.Null(new TokenSigner(_key, _time).Verify($"{header}.{payload}.", "default"));
    }
}
