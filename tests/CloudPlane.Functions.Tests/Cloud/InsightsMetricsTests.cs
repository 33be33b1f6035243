using System.Diagnostics.Metrics;
using System.IO.Compression;
using System.Net;
using System.Net.Sockets;

namespace CloudPlane.Functions.Tests;

public class InsightsMetricsTests
{
    [Fact]
    public async Task What_was_counted_arrives_when_sending_ends()
    {
        using var insights = new HttpListener();
        var address = $"http://127.0.0.1:{FreePort()}/";
        insights.Prefixes.Add(address);
        insights.Start();
        var received = ReceiveAsync(insights);
        using var meter = new Meter($"test-{Guid.NewGuid()}");
        var counter = meter.CreateCounter<long>("cloudplane.work.dead_letters");

        // Off the listener's threads: the end of sending waits for its answer.
        await Task.Run(() =>
        {
            using var sending = InsightsMetrics.Start(meter.Name, $"InstrumentationKey={Guid.NewGuid()};IngestionEndpoint={address}", credential: null);
            counter.Add(3, new KeyValuePair<string, object?>("cluster", "shop"));
        });

        var text = await received.WaitAsync(TimeSpan.FromSeconds(20));
        Assert.Contains("\"name\":\"cloudplane.work.dead_letters\"", text);
        Assert.Contains("\"value\":3", text);
        Assert.Contains("\"cluster\":\"shop\"", text);
    }

    private static async Task<string> ReceiveAsync(HttpListener insights)
    {
        var context = await insights.GetContextAsync();
        await using var body = context.Request.Headers["Content-Encoding"] == "gzip"
            ? new GZipStream(context.Request.InputStream, CompressionMode.Decompress)
            : context.Request.InputStream;
        using var reader = new StreamReader(body);
        var text = await reader.ReadToEndAsync();
        context.Response.ContentType = "application/json";
        context.Response.OutputStream.Write("""{"itemsReceived":1,"itemsAccepted":1,"errors":[]}"""u8);
        context.Response.Close();
        return text;
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
