using System.Text.Json.Nodes;
using CloudPlane.Functions;

namespace CloudPlane.Infra.Tests;

/// <summary>The app settings that the template gives are those that the control plane and the Functions host read.</summary>
[Collection(BicepCollection.Name)]
public sealed class AppSettingsTests(BicepFiles files)
{
    // Set by the host itself; and the keys of what stands in for Azure, where the app's identity takes their place.
    private static readonly string[] NotOfTheTemplate = [HandlerSettings.PortVariable, "CLOUDPLANE_TABLES_KEY", "CLOUDPLANE_BUS_KEY"];

    // Azure.Identity reads it: which of an app's identities a token is for.
    private const string ClientIdVariable = "AZURE_CLIENT_ID";

    // Which account and who, for the leases of its timer; as whom telemetry goes, and nothing to the makers of the exporter; that GET / is ours.
    private static readonly string[] OfTheHost =
    [
        "AzureWebJobsStorage__accountName", "AzureWebJobsStorage__credential", "AzureWebJobsStorage__clientId",
        "APPLICATIONINSIGHTS_AUTHENTICATION_STRING", "APPLICATIONINSIGHTS_STATSBEAT_DISABLED", "AzureWebJobsDisableHomepage",
    ];

    private static readonly Dictionary<string, string> Values = new()
    {
        ["tableEndpoint"] = "https://stcpabcdefghijklm.table.core.windows.net/",
        ["busNamespace"] = "sbns-cloudplane-abcdefghijklm.servicebus.windows.net",
        ["signingKeySetting"] = Convert.ToBase64String(new byte[32]),
        ["address"] = "https://cloudplane-abcdefghijklm.azurewebsites.net",
        ["clientId"] = "00000000-0000-0000-0000-000000000001",
        ["storageAccountName"] = "stcpabcdefghijklm",
        ["insightsConnectionString"] = "InstrumentationKey=00000000-0000-0000-0000-000000000002",
    };

    [Fact]
    public void The_template_sets_what_is_read_and_nothing_else()
    {
        var expected = ReadByTheControlPlane().Except(NotOfTheTemplate).Concat(ReadByTriggers()).Concat(OfTheHost);
        Assert.Equal(expected.Order(StringComparer.Ordinal), Template.Select(setting => setting.Key).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void The_control_plane_starts_with_the_template_s_values()
    {
        var environment = Evaluate((string)Default("heartbeat")!, (string)Default("nodeGrace")!);
        var settings = HandlerSettings.Read(environment.GetValueOrDefault);
        Assert.Equal(new Uri(Values["tableEndpoint"]), settings.TablesEndpoint);
        Assert.Equal(new Uri($"https://{Values["busNamespace"]}"), settings.BusEndpoint);
        Assert.Equal(new Uri(Values["address"]), settings.PublicUrl);
        Assert.Equal((string)Default("podCidr")!, settings.PodNetwork.ToString());
        Assert.Null(settings.TablesKey);
        Assert.Null(settings.BusKey);
    }

    [Fact]
    public void For_each_heartbeat_that_may_be_chosen_there_is_a_grace_that_the_control_plane_takes()
    {
        var graces = Allowed("nodeGrace");
        Assert.All(Allowed("heartbeat"), heartbeat => Assert.Contains(graces, grace => Starts(heartbeat, grace)));
        Assert.All(graces, grace => Assert.Contains(Allowed("heartbeat"), heartbeat => Starts(heartbeat, grace)));
    }

    [Fact]
    public void All_connections_use_the_app_s_identity()
    {
        Assert.All(Template.Where(setting => setting.Key.EndsWith("__credential", StringComparison.Ordinal)), setting => Assert.Equal("managedidentity", (string)setting.Value!));
        string[] clients = [ClientIdVariable, .. Template.Select(setting => setting.Key).Where(name => name.EndsWith("__clientId", StringComparison.Ordinal))];
        Assert.All(clients, name => Assert.Equal("clientId", (string)Template[name]!["code"]!));
        Assert.Equal("ClientId=${clientId};Authorization=AAD", (string)Template["APPLICATIONINSIGHTS_AUTHENTICATION_STRING"]!["text"]!);
    }

    private JsonObject Template => files.Module("app").Resource("Microsoft.Web/sites/config").Properties;

    private JsonNode Default(string parameter) => files.Main.Parameters[parameter].Default!;

    private List<string> Allowed(string parameter) => [.. files.Main.Parameters[parameter].Decorations["allowed"]!.AsArray().Select(value => (string)value!)];

    private bool Starts(string heartbeat, string grace)
    {
        try
        {
            HandlerSettings.Read(Evaluate(heartbeat, grace).GetValueOrDefault);
            return true;
        }
        catch (SettingsException)
        {
            return false;
        }
    }

    private Dictionary<string, string?> Evaluate(string heartbeat, string grace)
    {
        var names = new Dictionary<string, string>(Values) { ["heartbeat"] = heartbeat, ["nodeGrace"] = grace, ["podCidr"] = (string)Default("podCidr")! };
        var environment = Template.ToDictionary(setting => setting.Key, setting => BicepValue.Evaluate(setting.Value!, names));
        Assert.DoesNotContain(null, environment.Values);
        environment[HandlerSettings.PortVariable] = "8080";
        return environment;
    }

    /// <summary>What is asked for while the settings are read, and who the app is.</summary>
    private static List<string> ReadByTheControlPlane()
    {
        var asked = new List<string>();
        HandlerSettings.Read(name =>
        {
            asked.Add(name);
            return name switch
            {
                HandlerSettings.PortVariable => "8080",
                "CLOUDPLANE_SIGNING_KEY" => Values["signingKeySetting"],
                "CLOUDPLANE_TABLES_ENDPOINT" or "CLOUDPLANE_BUS_ENDPOINT" or "CLOUDPLANE_PUBLIC_URL" => "https://example.org",
                _ => null,
            };
        });
        return [ClientIdVariable, .. asked.Distinct()];
    }

    /// <summary>What the host reads for connections that function.json files name.</summary>
    private static IEnumerable<string> ReadByTriggers() =>
        FunctionFiles.Triggers.Select(trigger => (string?)trigger["connection"]).OfType<string>().Distinct()
            .SelectMany(connection => new[] { $"{connection}__fullyQualifiedNamespace", $"{connection}__credential", $"{connection}__clientId" });
}
