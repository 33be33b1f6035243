using System.Text.Json;

namespace CloudPlane.Benchmarks;

/// <summary>prices.json: what things cost, and what the meter assumes where nothing here can measure it. Prices in US dollars.</summary>
internal sealed record Prices
{
    /// <summary>When they were written down.</summary>
    public required string Date { get; init; }

    public required double GBSecond { get; init; }

    public required double Execution { get; init; }

    public required double TableTransaction { get; init; }

    public required double BusOperation { get; init; }

    /// <summary>Of a deployment, however many clusters it hosts.</summary>
    public required double BusNamespaceMonth { get; init; }

    /// <summary>In <see cref="BusNamespaceMonth"/>.</summary>
    public required double BusOperationsIncluded { get; init; }

    public required double GBSecondsGranted { get; init; }

    public required double ExecutionsGranted { get; init; }

    /// <summary>Of an instance.</summary>
    public required int MemoryMB { get; init; }

    /// <summary>How long an instance without executions stays.</summary>
    public required TimeSpan Idle { get; init; }

    /// <summary>By how much a cold start prolongs an execution, should it be billed.</summary>
    public required TimeSpan ColdStart { get; init; }

    /// <summary>What an execution takes apart from waiting for tables and bus.</summary>
    public required TimeSpan OwnTime { get; init; }

    /// <summary>A transaction's round trip.</summary>
    public required TimeSpan TableTime { get; init; }

    /// <summary>A request to the bus.</summary>
    public required TimeSpan BusTime { get; init; }

    public static Prices Read()
    {
        using var document = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(Repository.Root, "tests", "CloudPlane.Benchmarks", "prices.json")));
        var root = document.RootElement;
        double Price(string name) => root.GetProperty("prices").GetProperty(name).GetProperty("usd").GetDouble();
        double Included(string name) => root.GetProperty("included").GetProperty(name).GetProperty("amount").GetDouble();
        double Assumed(string name) => root.GetProperty("assumptions").GetProperty(name).GetDouble();
        return new Prices
        {
            Date = root.GetProperty("date").GetString()!,
            GBSecond = Price("gbSecond"),
            Execution = Price("millionExecutions") / 1e6,
            TableTransaction = Price("tenThousandTableTransactions") / 1e4,
            BusOperation = Price("millionBusOperations") / 1e6,
            BusNamespaceMonth = Price("busNamespaceMonth"),
            BusOperationsIncluded = Included("busOperationsMonth"),
            GBSecondsGranted = Included("gbSecondsMonth"),
            ExecutionsGranted = Included("executionsMonth"),
            MemoryMB = (int)Assumed("instanceMemoryMB"),
            Idle = TimeSpan.FromSeconds(Assumed("idleSeconds")),
            ColdStart = TimeSpan.FromSeconds(Assumed("coldStartSeconds")),
            OwnTime = TimeSpan.FromMilliseconds(Assumed("executionMilliseconds")),
            TableTime = TimeSpan.FromMilliseconds(Assumed("tableMilliseconds")),
            BusTime = TimeSpan.FromMilliseconds(Assumed("busMilliseconds")),
        };
    }
}
