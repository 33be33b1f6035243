using System.Globalization;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace CloudPlane.Functions;

/// <summary>
/// One line per event to a writer (standard error): time, level, category, message, and the exception's text. The console logger of the
/// framework starts a thread and loads options for formatters; this one costs nothing until something is wrong.
/// </summary>
internal sealed class LineLoggerProvider(TextWriter writer, TimeProvider time, LogLevel minimum) : ILoggerProvider, ILoggerFactory
{
    // What keeps the web server from starting, this says with a stack; the program says it in a line.
    private const string HostCategory = "Microsoft.Extensions.Hosting.Internal.Host";

    private readonly Lock _lock = new();

    /// <inheritdoc cref="ILoggerProvider.CreateLogger"/>
    public ILogger CreateLogger(string categoryName) => categoryName == HostCategory ? NullLogger.Instance : new LineLogger(this, categoryName);

    /// <summary>There is one provider, this one.</summary>
    public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException();

    /// <inheritdoc/>
    public void Dispose()
    {
    }

    private void Write(LogLevel level, string category, string message, Exception? exception)
    {
        var moment = time.GetUtcNow().ToString("yyyy-MM-ddTHH:mm:ss.fffZ", CultureInfo.InvariantCulture);
        var line = $"{moment} {Word(level)} {category}: {message}{(exception is null ? "" : $": {exception}")}".ReplaceLineEndings("\n    ");
        lock (_lock)
            writer.WriteLine(line);
    }

    private static string Word(LogLevel level) => level switch
    {
        LogLevel.Trace or LogLevel.Debug => "debug",
        LogLevel.Information => "info",
        LogLevel.Warning => "warning",
        _ => "error",
    };

    private sealed class LineLogger(LineLoggerProvider provider, string category) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= provider._minimum;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (IsEnabled(logLevel))
                provider.Write(logLevel, category, formatter(state, exception), exception);
        }
    }

    private readonly LogLevel _minimum = minimum;
}
