using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace CloudPlane.Functions.Tests;

public sealed class TlsListenerTests : IDisposable
{
    private readonly string _data = Directory.CreateTempSubdirectory("cloudplane-tls-").FullName;
    private readonly ClusterKeys _keys;
    private readonly TlsListener _listener;

    public TlsListenerTests()
    {
        _keys = ClusterKeys.OpenOrCreate(_data, TimeProvider.System);
        _listener = new TlsListener(_keys, [new IPEndPoint(IPAddress.Loopback, 6443)], []);
    }

    public void Dispose()
    {
        _keys.Dispose();
        Directory.Delete(_data, recursive: true);
    }

    [Fact]
    public void The_first_requests_of_a_connection_may_come_at_once()
    {
        using var certificate = X509CertificateLoader.LoadCertificate(_keys.AdminCertificate().RawData);
        Parallel.For(0, 100, _ =>
        {
            var context = Request(certificate);
            _listener.DropForeignCertificate(context);
            Assert.Same(certificate, context.Connection.ClientCertificate);
        });
    }

    [Fact]
    public void A_certificate_of_somebody_else_s_ca_counts_as_none()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var foreign = new CertificateRequest("CN=kubernetes-admin, O=system:masters", key, HashAlgorithmName.SHA256)
            .CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        var context = Request(foreign);
        _listener.DropForeignCertificate(context);
        Assert.Null(context.Connection.ClientCertificate);
    }

    private static DefaultHttpContext Request(X509Certificate2 certificate)
    {
        var features = new FeatureCollection();
        features.Set<IConnectionItemsFeature>(new Connection());
        features.Set<IHttpRequestFeature>(new HttpRequestFeature());
        features.Set<IHttpResponseFeature>(new HttpResponseFeature());
        features.Set<ITlsConnectionFeature>(new TlsConnectionFeature { ClientCertificate = certificate });
        return new DefaultHttpContext(features);
    }

    private sealed class Connection : IConnectionItemsFeature
    {
        public IDictionary<object, object?> Items
        {
            get => throw new InvalidOperationException("Kestrel's is not synchronized, and HTTP/2 brings requests at once");
            set => throw new NotSupportedException();
        }
    }
}
