using System.Text;
using CloudPlane.Client;
using CloudPlane.Functions;

namespace CloudPlane.Benchmarks;

/// <summary>
/// What a cluster costs in the cloud: ten nodes with fifty pods idle for 24 hours, a rollout of a hundred pods, and one user who watches all day.
/// </summary>
internal sealed class CostBenchmark(MeteredDeployment cloud, Prices prices)
{
    private const int Nodes = 10;
    private const int IdlePods = 50;
    private const int RolledOut = 100;
    private const double DaysOfMonth = 365.0 / 12;
    private const double GoalOfMonth = 1.0;
    private const double GoalOfNodeAndDay = 3000;

    private static readonly TimeSpan Day = TimeSpan.FromHours(24);
    private static readonly TimeSpan WarmUp = TimeSpan.FromHours(3);
    private static readonly TimeSpan RolloutTime = TimeSpan.FromMinutes(10);
    // As FunctionApp ends streams, and as TablesStoreOptions polls the head of what does not change.
    private static readonly TimeSpan StreamLifetime = TimeSpan.FromSeconds(207);
    private static readonly TimeSpan HeadPoll = TimeSpan.FromMilliseconds(500);

    private readonly List<MeteredNode> _nodes = [];
    private DateTimeOffset _nextRenewal;

    public static async Task RunAsync()
    {
        var prices = Prices.Read();
        await using var cloud = await MeteredDeployment.StartAsync(prices);
        var benchmark = new CostBenchmark(cloud, prices);
        Console.WriteLine($"prices of {prices.Date}; instances of {prices.MemoryMB} MB, cold starts of {prices.ColdStart.TotalSeconds:0.0} s billed, {prices.Idle.TotalSeconds:0} s until an idle instance ends");
        await benchmark.PrepareAsync();
        await benchmark.IdleAsync();
        await benchmark.RolloutAsync();
        benchmark.Watch();
    }

    private async Task PrepareAsync()
    {
        var random = new Random(1);
        for (var i = 0; i < Nodes; i++)
        {
            var node = new MeteredNode(cloud, $"node-{i}", random);
            await node.JoinAsync();
            _nodes.Add(node);
        }

        _nextRenewal = Grid.Ceiling(cloud.Time.Now, cloud.Heartbeat);
        cloud.Nodes = ActAsync;
        await DeployAsync("idle", IdlePods);
        await cloud.RunAsync(WarmUp);
    }

    private async Task IdleAsync()
    {
        cloud.Usage.Clear();
        await cloud.RunAsync(Day);
        var total = cloud.Usage.Total;
        Print($"{Nodes} nodes and {IdlePods} pods idle for 24 h");
        var month = Dollars(total) * DaysOfMonth;
        Console.WriteLine($"a month: ${month:0.00} (goal ${GoalOfMonth:0.00}{(month <= GoalOfMonth ? "" : ": MISSED")}); with the subscription's free grant for Functions ${Granted(total):0.00}");
        Console.WriteLine($"of that the bus' operations, which its base price includes up to {prices.BusOperationsIncluded:N0} a month: ${total.Bus * prices.BusOperation * DaysOfMonth:0.00}");
        Console.WriteLine($"beside it, for all clusters of the deployment together, the Service Bus namespace: ${prices.BusNamespaceMonth:0.00} a month");
        var operations = (total.Executions + total.Tables + total.Bus) / (double)Nodes;
        Console.WriteLine($"billed operations a node and day: {operations:N0} (goal {GoalOfNodeAndDay:N0}{(operations <= GoalOfNodeAndDay ? "" : ": MISSED")}); of the bus {total.Bus / (double)Nodes:N0}, tables {total.Tables / (double)Nodes:N0}, executions {total.Executions / (double)Nodes:N0}");
    }

    private async Task RolloutAsync()
    {
        cloud.Usage.Clear();
        await DeployAsync("rollout", RolledOut);
        await cloud.RunAsync(RolloutTime);
        Print($"A rollout of {RolledOut} pods, and the {RolloutTime.TotalMinutes:0} minutes from its beginning");
        Console.WriteLine($"once: ${Dollars(cloud.Usage.Total):0.0000}");
    }

    /// <summary>Not simulated, as nothing happens meanwhile: an execution is always under way, resumed as often as streams are ended.</summary>
    private void Watch()
    {
        cloud.Usage.Clear();
        var streams = (long)Math.Ceiling(Day / StreamLifetime);
        cloud.Usage.Add("http: a watch, and its head read again and again", new Usage.Line(streams, Day.TotalSeconds * prices.MemoryMB / 1024, (long)(Day / HeadPoll) + (2 * streams), 0));
        Print("One user who watches for 24 h (derived)");
        Console.WriteLine($"a day: ${Dollars(cloud.Usage.Total):0.00}; an hour: ${Dollars(cloud.Usage.Total) / 24:0.000}");
    }

    private async Task<bool> ActAsync()
    {
        var acted = false;
        if (cloud.Time.Now >= _nextRenewal)
        {
            _nextRenewal = Grid.Ceiling(cloud.Time.Now + TimeSpan.FromTicks(1), cloud.Heartbeat);
            await cloud.CallAsync("Leases renewed", [.. _nodes.Select(node => ((string?)node.Name, (Func<ApiClient, Task>)node.RenewAsync))]);
        }

        foreach (var node in _nodes)
            acted |= await node.ActAsync();
        return acted;
    }

    private Task DeployAsync(string name, int replicas) => cloud.CallAsync("a Deployment", null, api => api.PostAsync(
        "/apis/apps/v1/namespaces/default/deployments",
        Encoding.UTF8.GetBytes($$"""
            {"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"{{name}}","namespace":"default"},
             "spec":{"replicas":{{replicas}},"selector":{"matchLabels":{"app":"{{name}}"} },
              "template":{"metadata":{"labels":{"app":"{{name}}"} },"spec":{"containers":[{"name":"c","image":"none"}]} } } }
            """),
        default));

    private void Print(string title)
    {
        Console.WriteLine($"\n{title}\n{"",-58}{"executions",12}{"GB-s",10}{"tables",10}{"bus",10}{"$",12}");
        foreach (var (cause, line) in cloud.Usage.Lines.OrderByDescending(line => Dollars(line.Value)))
            Print(cause, line);
        Print("in all", cloud.Usage.Total);
    }

    private void Print(string name, Usage.Line line) =>
        Console.WriteLine($"{name,-58}{line.Executions,12:N0}{line.GBSeconds,10:N1}{line.Tables,10:N0}{line.Bus,10:N0}{Dollars(line),12:0.00000}");

    /// <summary>Each bus operation at its price, though a deployment's first 13 million a month are in the namespace's.</summary>
    private double Dollars(Usage.Line line) =>
        (line.Executions * prices.Execution) + (line.GBSeconds * prices.GBSecond) + (line.Tables * prices.TableTransaction) + (line.Bus * prices.BusOperation);

    private double Granted(Usage.Line day) => Dollars(new Usage.Line(
        (long)Math.Max(0, (day.Executions * DaysOfMonth) - prices.ExecutionsGranted),
        Math.Max(0, (day.GBSeconds * DaysOfMonth) - prices.GBSecondsGranted),
        (long)(day.Tables * DaysOfMonth),
        (long)(day.Bus * DaysOfMonth)));
}
