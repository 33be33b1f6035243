using System.Diagnostics.CodeAnalysis;
using System.Text;
using Azure;
using Azure.Core;
using Azure.Core.Pipeline;

namespace CloudPlane.Storage.Tests;

/// <summary>
/// Fails as Azure and the network between do, by seed: a request refused before it is sent, an answer lost after the request was applied,
/// 503 and 500 with and without having applied it, delays, pages that are short, and empty ones that go on.
/// </summary>
internal sealed class FaultyTransport(HttpPipelineTransport inner, int seed, double rate) : HttpPipelineTransport
{
    private const string FirstPage = "first-page";

    private readonly Random _random = new(seed);
    private int _faults;

    public int Faults => Volatile.Read(ref _faults);

    public override Request CreateRequest() => inner.CreateRequest();

    public override void Process(HttpMessage message) => throw new NotSupportedException();

    public override async ValueTask ProcessAsync(HttpMessage message)
    {
        var query = message.Request.Uri.Query;
        var isQuery = query.Contains("$filter", StringComparison.Ordinal);
        // A page that we made up leads to where it stands itself; at the beginning, which has no name, by a name of ours.
        message.Request.Uri.Query = query.Replace($"&NextPartitionKey={FirstPage}", "", StringComparison.Ordinal);
        switch (NextFault(isQuery))
        {
            case Fault.Refuse:
                throw new RequestFailedException("the connection was refused (injected)", new IOException());
            case Fault.LoseAnswer:
                await inner.ProcessAsync(message);
                throw new IOException("the answer was lost (injected)");
            case Fault.Busy:
                message.Response = new InjectedResponse(503, "ServerBusy");
                break;
            case Fault.TimedOut:
                message.Response = new InjectedResponse(500, "OperationTimedOut");
                break;
            case Fault.TimedOutAfterwards:
                await inner.ProcessAsync(message);
                message.Response = new InjectedResponse(500, "OperationTimedOut");
                break;
            case Fault.Delay:
                await Task.Delay(Next(20), message.CancellationToken);
                await inner.ProcessAsync(message);
                break;
            case Fault.EmptyPage:
                message.Response = new InjectedResponse(200, null, Continuation(message.Request.Uri.Query));
                break;
            case Fault.ShortPage:
                // The service may end a page wherever it likes; its continuation then leads to the rest.
                if (!message.Request.Uri.Query.Contains("$top", StringComparison.Ordinal))
                    message.Request.Uri.Query += $"&$top={1 + Next(3)}";
                await inner.ProcessAsync(message);
                break;
            default:
                await inner.ProcessAsync(message);
                break;
        }
    }

    private static (string Name, string Value)[] Continuation(string query)
    {
        var here = query.Split('&').Select(p => p.Split('=', 2)).Where(p => p[0] is "NextPartitionKey" or "NextRowKey")
            .Select(p => ($"x-ms-continuation-{p[0]}", Uri.UnescapeDataString(p[1]))).ToArray();
        return here.Length > 0 ? here : [("x-ms-continuation-NextPartitionKey", FirstPage)];
    }

    private Fault NextFault(bool isQuery)
    {
        lock (_random)
        {
            if (_random.NextDouble() >= rate)
                return Fault.None;
            _faults++;
            return (Fault)_random.Next(1, isQuery ? 9 : 7);
        }
    }

    private int Next(int below)
    {
        lock (_random)
            return _random.Next(below);
    }

    private enum Fault
    {
        None,
        Refuse,
        LoseAnswer,
        Busy,
        TimedOut,
        TimedOutAfterwards,
        Delay,
        EmptyPage,
        ShortPage,
    }

    private sealed class InjectedResponse(int status, string? code, params (string Name, string Value)[] headers) : Response
    {
        private readonly List<HttpHeader> _headers =
            [.. headers.Append(("x-ms-error-code", code ?? "")).Where(h => h.Item2.Length > 0).Select(h => new HttpHeader(h.Item1, h.Item2))];

        public override int Status => status;

        public override string ReasonPhrase => "";

        public override Stream? ContentStream { get; set; } = new MemoryStream(Encoding.UTF8.GetBytes(
            code is null ? """{"value":[]}""" : "{\"odata.error\":{\"code\":\"" + code + "\",\"message\":{\"lang\":\"en-US\",\"value\":\"injected\"}}}"));

        public override string ClientRequestId { get; set; } = "";

        public override void Dispose()
        {
        }

        protected override bool ContainsHeader(string name) => TryGetHeader(name, out _);

        protected override IEnumerable<HttpHeader> EnumerateHeaders() => _headers;

        protected override bool TryGetHeader(string name, [NotNullWhen(true)] out string? value)
        {
            value = _headers.FirstOrDefault(h => h.Name.Equals(name, StringComparison.OrdinalIgnoreCase)).Value;
            return value is not null;
        }

        protected override bool TryGetHeaderValues(string name, [NotNullWhen(true)] out IEnumerable<string>? values)
        {
            values = TryGetHeader(name, out var value) ? [value] : null;
            return values is not null;
        }
    }
}
