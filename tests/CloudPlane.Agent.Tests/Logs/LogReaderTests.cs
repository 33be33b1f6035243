using System.Text;
using FsCheck;
using FsCheck.Fluent;

namespace CloudPlane.Agent.Tests;

public sealed class LogReaderTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);
    private readonly string _directory = Directory.CreateTempSubdirectory("cri-logs-").FullName;
    private volatile bool _running;

    private string Log => Path.Combine(_directory, "0.log");

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public async Task Parts_of_a_line_are_joined_and_time_is_shown_once()
    {
        await File.WriteAllTextAsync(Log, "2016-10-06T00:17:09Z stdout P ab\n2016-10-06T00:17:10Z stdout F c\nnonsense\n2016-10-06T00:17:11Z stderr F d\n");
        Assert.Equal("abc\nd\n", await ReadAsync(new LogOptions()));
        Assert.Equal("2016-10-06T00:17:09.000000000Z abc\n2016-10-06T00:17:11.000000000Z d\n", await ReadAsync(new LogOptions { Timestamps = true }));
    }

    [Fact]
    public async Task A_time_and_a_limit_cut_it()
    {
        await File.WriteAllTextAsync(Log, string.Concat(Enumerable.Range(0, 5).Select(Line)));
        Assert.Equal("line 3\nline 4\n", await ReadAsync(new LogOptions { Since = new DateTimeOffset(2016, 10, 6, 0, 0, 3, TimeSpan.Zero) }));
        Assert.Equal("line 0\nlin", await ReadAsync(new LogOptions { LimitBytes = 10 }));
        Assert.Equal("2016-10-06T", await ReadAsync(new LogOptions { LimitBytes = 11, Timestamps = true }));
    }

    [Theory]
    [InlineData(0, "")]
    [InlineData(1, "line 4\n")]
    [InlineData(3, "line 2\nline 3\nline 4\n")]
    [InlineData(100, "line 0\nline 1\nline 2\nline 3\nline 4\n")]
    public async Task The_tail_is_the_last_lines(long lines, string text)
    {
        await File.WriteAllTextAsync(Log, string.Concat(Enumerable.Range(0, 5).Select(Line)));
        Assert.Equal(text, await ReadAsync(new LogOptions { TailLines = lines }));
    }

    [Fact]
    public void Any_tail_of_any_file_is_what_its_lines_say() => Prop.ForAll(
        Gen.Choose(0, 3000).ToArbitrary(), Gen.Choose(0, 3200).ToArbitrary(), Gen.Choose(1, 60).ToArbitrary(),
        (count, tail, width) =>
        {
            var lines = Enumerable.Range(0, count).Select(i => $"2016-10-06T00:00:00Z stdout F {new string('x', i % width)}{i}\n").ToArray();
            File.WriteAllLines(Log, lines.Select(line => line.TrimEnd('\n')));
            var expected = string.Concat(lines.TakeLast(tail).Select(line => line["2016-10-06T00:00:00Z stdout F ".Length..]));
            return ReadAsync(new LogOptions { TailLines = tail }).GetAwaiter().GetResult() == expected;
        }).QuickCheckThrowOnFailure();

    [Fact]
    public async Task Long_lines_get_through()
    {
        var text = new string('y', 300_000);
        await File.WriteAllTextAsync(Log, $"2016-10-06T00:17:09Z stdout F {text}\n{Line(1)}");
        Assert.Equal($"{text}\nline 1\n", await ReadAsync(new LogOptions()));
    }

    [Fact]
    public void A_file_that_is_not_there_is_an_error_before_anything_is_answered() =>
        Assert.Equal(500, Assert.Throws<LogUnavailableException>(() => Open(new LogOptions())).Code);

    [Fact]
    public async Task Following_goes_on_over_rotations_and_ends_with_the_container()
    {
        _running = true;
        var writer = new StreamWriter(Log) { AutoFlush = true };
        await writer.WriteAsync(Line(0) + Line(1));
        var output = new SeenStream();
        using var reader = Open(new LogOptions { Follow = true, TailLines = 1 });
        var copy = reader.CopyToAsync(output, default);
        await output.UntilAsync("line 1\n");

        // Half a line is not shown before its end is there.
        await writer.WriteAsync(Line(2)[..30]);
        await writer.WriteAsync(Line(2)[30..]);
        await output.UntilAsync("line 1\nline 2\n");

        // Renamed by a rotation; the runtime writes to the old file until it has opened the new one.
        for (var round = 0; round < 3; round++)
        {
            File.Move(Log, $"{Log}.{round}");
            await writer.WriteAsync(Line(10 + round));
            await writer.DisposeAsync();
            writer = new StreamWriter(Log) { AutoFlush = true };
            await writer.WriteAsync(Line(20 + round));
            await output.UntilAsync($"line {10 + round}\nline {20 + round}\n");
        }

        await writer.WriteAsync(Line(99));
        await writer.DisposeAsync();
        _running = false;
        await copy.WaitAsync(Patience);
        Assert.Equal("line 1\nline 2\nline 10\nline 20\nline 11\nline 21\nline 12\nline 22\nline 99\n", output.Text);
    }

    [Fact]
    public async Task Following_loses_nothing_that_is_written_to_the_old_file_after_the_new_one_exists()
    {
        _running = true;
        var old = new StreamWriter(Log) { AutoFlush = true };
        await old.WriteAsync(Line(0));
        var output = new SeenStream();
        using var reader = Open(new LogOptions { Follow = true });
        var copy = reader.CopyToAsync(output, default);
        await output.UntilAsync("line 0\n");

        File.Move(Log, $"{Log}.1");
        await using (var next = new StreamWriter(Log) { AutoFlush = true })
        {
            await next.WriteAsync(Line(99));
            // Time for a reader that does not wait for the old file's end to go wrong.
            await Task.Delay(300);
            var rest = string.Concat(Enumerable.Range(1, 2000).Select(Line));
            await old.WriteAsync(rest[..^10]);
            await Task.Delay(50);
            await old.WriteAsync(rest[^10..]);
            await old.DisposeAsync();
            await output.UntilAsync("line 99\n");
        }
        _running = false;
        await copy.WaitAsync(Patience);
        Assert.Equal(string.Concat(Enumerable.Range(0, 2001).Append(99).Select(i => $"line {i}\n")), output.Text);
    }

    [Fact]
    public async Task Following_ends_with_its_token_and_with_its_limit()
    {
        _running = true;
        await File.WriteAllTextAsync(Log, Line(0));
        using var cancel = new CancellationTokenSource();
        using var reader = Open(new LogOptions { Follow = true });
        var output = new SeenStream();
        var copy = reader.CopyToAsync(output, cancel.Token);
        await output.UntilAsync("line 0\n");
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => copy.WaitAsync(Patience));

        using var limited = Open(new LogOptions { Follow = true, LimitBytes = 4 });
        var four = new SeenStream();
        await limited.CopyToAsync(four, default).WaitAsync(Patience);
        Assert.Equal("line", four.Text);
    }

    private static string Line(int i) => $"2016-10-06T00:00:{i % 60:00}Z stdout F line {i}\n";

    private LogReader Open(LogOptions options) => LogReader.Open(new ContainerLog(Log, () => _running), options, TimeProvider.System);

    private async Task<string> ReadAsync(LogOptions options)
    {
        using var reader = Open(options);
        var output = new MemoryStream();
        await reader.CopyToAsync(output, default);
        return Encoding.UTF8.GetString(output.ToArray());
    }
}
