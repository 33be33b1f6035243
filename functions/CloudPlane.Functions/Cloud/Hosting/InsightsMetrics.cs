using Azure.Core;
using Azure.Monitor.OpenTelemetry.Exporter;
using OpenTelemetry;
using OpenTelemetry.Metrics;

namespace CloudPlane.Functions;

/// <summary>
/// Brings what this process counts to Application Insights. Started by whoever has something to tell, as an instance that starts while somebody
/// waits has no time for it.
/// </summary>
internal static class InsightsMetrics
{
    /// <summary>Set by the template; without it metrics are not sent.</summary>
    public const string ConnectionVariable = "APPLICATIONINSIGHTS_CONNECTION_STRING";

    /// <summary>Until the answer is disposed, which sends all at once and waits for it some seconds at most.</summary>
    /// <param name="credential">Null where the connection string's own key is enough.</param>
    public static IDisposable Start(string meter, string connectionString, TokenCredential? credential) => Sdk.CreateMeterProviderBuilder()
        .AddMeter(meter)
        .AddAzureMonitorMetricExporter(options =>
        {
            options.ConnectionString = connectionString;
            options.Credential = credential;
            // What can't be sent is lost with the instance's disk either way.
            options.DisableOfflineStorage = true;
        })
        .Build();
}
