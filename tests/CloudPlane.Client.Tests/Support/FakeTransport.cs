using System.Text;

namespace CloudPlane.Client.Tests;

/// <summary>Answers each call from a script, and keeps the calls.</summary>
internal sealed class FakeTransport(Func<ApiCall, (int Status, string Body)> answer) : IApiTransport
{
    public List<ApiCall> Calls { get; } = [];

    public ValueTask<ApiAnswer> SendAsync(ApiCall call, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        lock (Calls) Calls.Add(call);
        var (status, body) = answer(call);
        return ValueTask.FromResult(new ApiAnswer(status, Encoding.UTF8.GetBytes(body)));
    }

    public ValueTask<ApiStreamAnswer> OpenAsync(ApiCall call, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        lock (Calls) Calls.Add(call);
        var (status, body) = answer(call);
        return ValueTask.FromResult(new ApiStreamAnswer(status, new MemoryStream(Encoding.UTF8.GetBytes(body))));
    }

    public string Body(int call) => Encoding.UTF8.GetString(Calls[call].Body.Span);
}
