using System.Net;
using System.Runtime.CompilerServices;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;

namespace CloudPlane.Functions;

/// <summary>
/// How the standalone API server listens: TLS with the cluster's own certificate; client certificates are asked for, never demanded,
/// and reach the authenticator only when the cluster's CA signed them (others get its 401, as from kube-apiserver, not a broken handshake).
/// </summary>
/// <param name="names">Further names of the certificate.</param>
internal sealed class TlsListener(ClusterKeys keys, IReadOnlyList<IPEndPoint> addresses, IReadOnlyList<string> names)
{
    // By the certificate's object, of which a connection has one. Not among the connection's items: its requests come at once over HTTP/2, and
    // they are a plain dictionary.
    private readonly ConditionalWeakTable<X509Certificate2, object> _ours = [];

    /// <summary>Kestrel's options.</summary>
    public void Configure(KestrelServerOptions kestrel)
    {
        var certificate = keys.ServerCertificate(ServerNames.For(addresses, names));
        kestrel.AddServerHeader = false;
        // The API limits bodies by itself (413 with a Status); nodes stream logs for as long as someone reads them.
        kestrel.Limits.MaxRequestBodySize = null;
        kestrel.Limits.MinRequestBodyDataRate = null;
        kestrel.Limits.MinResponseDataRate = null;
        // client-go multiplexes every call and watch of a process over one connection.
        kestrel.Limits.Http2.MaxStreamsPerConnection = 1000;
        kestrel.Limits.Http2.InitialConnectionWindowSize = 1 << 20;
        kestrel.Limits.Http2.InitialStreamWindowSize = 768 * 1024;
        foreach (var address in addresses)
        {
            kestrel.Listen(address, listen => listen.UseHttps(https =>
            {
                https.ServerCertificate = certificate;
                https.ClientCertificateMode = ClientCertificateMode.AllowCertificate;
                https.CheckCertificateRevocation = false;
                https.ClientCertificateValidation = static (_, _, _) => true;
            }));
        }
    }

    /// <summary>Hides a client certificate that the cluster's CA did not sign. Verified once per connection.</summary>
    public void DropForeignCertificate(HttpContext context)
    {
        if (context.Connection.ClientCertificate is not { } certificate)
            return;
        if (!(bool)_ours.GetValue(certificate, unknown => IsOurs(unknown)))
            context.Connection.ClientCertificate = null;
    }

    private bool IsOurs(X509Certificate2 certificate)
    {
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.Add(keys.CaCertificate);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.DisableCertificateDownloads = true;
        chain.ChainPolicy.ApplicationPolicy.Add(new System.Security.Cryptography.Oid("1.3.6.1.5.5.7.3.2"));
        return chain.Build(certificate);
    }
}
