using CloudPlane.Doubles;
using CloudPlane.Tests.Shared;

namespace CloudPlane.Benchmarks;

/// <summary>
/// The published app in handler mode on Azurite, as the Functions host would run it but without that between: its cold start, and creates
/// through one and two processes of it.
/// </summary>
internal static class HandlerBenchmark
{
    public static async Task RunAsync()
    {
        var folder = await PublishedApp.FindDeployedAsync();
        using var azurite = await AzuriteProcess.StartAsync();
        await using var proxy = await TableProxy.StartAsync(azurite.Endpoint);
        await using var bus = await ServiceBusDoubleServer.StartAsync(new ServiceBusDouble(TimeProvider.System, new Random(1)));
        var app = new HandlerApp(folder, azurite.Endpoint, bus);
        await new HandlerColdStart(app, azurite, proxy).RunAsync();
        await new HandlerCreates(app, azurite, proxy, bus.Bus).RunAsync();
    }
}
