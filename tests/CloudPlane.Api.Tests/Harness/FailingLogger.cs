using Microsoft.Extensions.Logging;

namespace CloudPlane.Api.Tests;

/// <summary>Keeps what is logged as an error: a test that sees a 500 can say why.</summary>
internal sealed class FailingLogger(List<string> messages) : ILogger
{
    public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Error;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        lock (messages)
            messages.Add($"{formatter(state, exception)}: {exception}");
    }
}
