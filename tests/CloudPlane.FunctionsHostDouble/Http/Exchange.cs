using Microsoft.AspNetCore.Http;

namespace CloudPlane.Doubles;

/// <summary>The limits of one request on its way: which of them ended it tells what the client gets.</summary>
internal sealed class Exchange : IDisposable
{
    private readonly FunctionsHostOptions _options;
    private readonly CancellationTokenSource _idle;
    private readonly CancellationTokenSource _frontEnd;
    private readonly CancellationTokenSource _function;
    private readonly CancellationTokenSource _any;

    public Exchange(HttpContext context, HostInstance instance, FunctionsHostOptions options, TimeSpan? functionTimeout)
    {
        _options = options;
        _idle = new CancellationTokenSource(options.ProxyIdleLimit, options.Time);
        _frontEnd = new CancellationTokenSource(options.FrontEndLimit, options.Time);
        _function = functionTimeout is { } timeout ? new CancellationTokenSource(timeout, options.Time) : new CancellationTokenSource();
        _any = CancellationTokenSource.CreateLinkedTokenSource([context.RequestAborted, instance.Gone, _idle.Token, _frontEnd.Token, _function.Token]);
    }

    /// <summary>The host's functionTimeout: the handler is restarted.</summary>
    public bool ExceededFunctionTimeout => _function.IsCancellationRequested;

    /// <summary>A limit of the host's proxy or of the front end.</summary>
    public bool ExceededLimit => _idle.IsCancellationRequested || _frontEnd.IsCancellationRequested;

    public CancellationToken Token => _any.Token;

    /// <summary>Bytes moved: the idle limit begins anew.</summary>
    public void Moved()
    {
        if (!_idle.IsCancellationRequested)
            _idle.CancelAfter(_options.ProxyIdleLimit);
    }

    public void Dispose()
    {
        _any.Dispose();
        _function.Dispose();
        _frontEnd.Dispose();
        _idle.Dispose();
    }
}
