using System.Globalization;
using System.Text.Json.Nodes;
using System.Xml;
using CloudPlane.Doubles;
using CloudPlane.Functions;

namespace CloudPlane.Infra.Tests;

/// <summary>The resources are what the code counts on, and the roles what it needs of them.</summary>
[Collection(BicepCollection.Name)]
public sealed class ResourceTests(BicepFiles files)
{
    // Ids of Azure's built-in roles.
    private static readonly Dictionary<string, string> Roles = new()
    {
        ["Storage Blob Data Owner"] = "b7e6dc6d-f1e8-4753-8033-0f276bb0955b",
        ["Storage Table Data Contributor"] = "0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3",
        ["Azure Service Bus Data Owner"] = "090c5cfd-751d-490a-894a-3ce6f1109419",
        ["Monitoring Metrics Publisher"] = "3913510d-42f4-4e42-8a64-420c390055eb",
        ["Key Vault Secrets User"] = "4633458b-17de-408a-b874-0445c86b69e6",
    };

    [Theory]
    // The host keeps its leases and finds its package there; the control plane makes, reads and deletes tables.
    [InlineData("storage", "Microsoft.Storage/storageAccounts", "Storage Blob Data Owner", "Storage Table Data Contributor")]
    // Queues of nodes and of log streams are made at run time; the host receives.
    [InlineData("bus", "Microsoft.ServiceBus/namespaces", "Azure Service Bus Data Owner")]
    [InlineData("monitoring", "Microsoft.Insights/components", "Monitoring Metrics Publisher")]
    [InlineData("vault", "Microsoft.KeyVault/vaults", "Key Vault Secrets User")]
    [InlineData("identity", "")]
    [InlineData("app", "")]
    public void The_identity_has_these_roles_on_this_resource_and_no_others(string module, string resource, params string[] roles)
    {
        var file = files.Module(module);
        var assignments = file.Resources.Values.Where(declared => declared.Kind == "Microsoft.Authorization/roleAssignments").ToList();
        Assert.Equal(roles.Select(role => Roles[role]).Order(), assignments.Select(assignment => RoleOf(file, assignment)).Order());
        Assert.All(assignments, assignment =>
        {
            Assert.Equal(resource, file.Resources[Code(assignment.Body["scope"])].Kind);
            Assert.Equal("principalId", Code(assignment.Properties["principalId"]));
            Assert.Equal("identity.outputs.principalId", Code(files.Main.Modules[module].Arguments["principalId"]));
        });
    }

    [Fact]
    public void The_trigger_s_queue_is_there_with_what_the_work_function_counts_on()
    {
        var trigger = Assert.Single(FunctionFiles.Triggers, trigger => (string)trigger["type"]! == "serviceBusTrigger");
        var queue = files.Module("bus").Resource("Microsoft.ServiceBus/namespaces/queues");
        Assert.Equal(ServiceBusWorkQueue.Name, (string)queue.Body["name"]!);
        Assert.Equal(ServiceBusWorkQueue.Name, (string)trigger["queueName"]!);
        Assert.Equal((bool)trigger["isSessionsEnabled"]!, (bool)queue.Properties["requiresSession"]!);
        Assert.True((bool)queue.Properties["requiresDuplicateDetection"]!);
        Assert.Equal(ServiceBusWorkQueue.DuplicateDetectionWindow, Duration(queue.Properties["duplicateDetectionHistoryTimeWindow"]));
        // Nobody renews it: the longest that Service Bus has.
        Assert.Equal(TimeSpan.FromMinutes(5), Duration(queue.Properties["lockDuration"]));
    }

    [Fact]
    public void The_double_of_service_bus_takes_a_queue_with_these_properties()
    {
        var properties = files.Module("bus").Resource("Microsoft.ServiceBus/namespaces/queues").Properties;
        var settings = new QueueSettings
        {
            RequiresSession = (bool)properties["requiresSession"]!,
            RequiresDuplicateDetection = (bool)properties["requiresDuplicateDetection"]!,
            DuplicateDetectionHistoryTimeWindow = Duration(properties["duplicateDetectionHistoryTimeWindow"]),
            LockDuration = Duration(properties["lockDuration"]),
            MaxDeliveryCount = (int)properties["maxDeliveryCount"]!,
        };
        new ServiceBusDouble(TimeProvider.System, new Random(1)).CreateQueue(ServiceBusWorkQueue.Name, settings);
    }

    [Fact]
    public void The_app_sets_nothing_that_Flex_Consumption_refuses()
    {
        string[] refused =
        [
            "ftpsState", "linuxFxVersion", "windowsFxVersion", "netFrameworkVersion", "alwaysOn", "use32BitWorkerProcess", "functionAppScaleLimit",
            "preWarmedInstanceCount", "minimumElasticInstanceCount", "javaVersion", "powerShellVersion",
        ];
        var site = BicepValue.Source(files.Module("app").Resource("Microsoft.Web/sites").Body["properties"]!);
        Assert.All(refused, name => Assert.DoesNotContain($"{name}:", site, StringComparison.Ordinal));
    }

    [Fact]
    public void The_trigger_hands_bodies_on_as_they_are() =>
        Assert.Equal("string", (string)FunctionFiles.Triggers.Single(trigger => (string)trigger["type"]! == "serviceBusTrigger")["dataType"]!);

    [Fact]
    public void The_namespace_is_of_the_tier_with_sessions_and_takes_the_tokens_of_nodes()
    {
        var bus = files.Module("bus").Resource("Microsoft.ServiceBus/namespaces");
        Assert.Equal("Standard", (string)bus.Body["sku"]!["name"]!);
        Assert.False((bool)bus.Properties["disableLocalAuth"]!);
    }

    [Fact]
    public void Storage_has_no_keys_and_nothing_public()
    {
        var account = files.Module("storage").Resource("Microsoft.Storage/storageAccounts").Properties;
        Assert.False((bool)account["allowSharedKeyAccess"]!);
        Assert.False((bool)account["allowBlobPublicAccess"]!);
        Assert.True((bool)account["supportsHttpsTrafficOnly"]!);
        Assert.Equal("None", (string)files.Module("storage").Resource("Microsoft.Storage/storageAccounts/blobServices/containers").Properties["publicAccess"]!);
    }

    [Fact]
    public void The_app_is_a_custom_handler_on_flex_consumption_with_the_identity_for_everything()
    {
        var app = files.Module("app").Resource("Microsoft.Web/sites");
        Assert.Equal("FC1", (string)files.Module("app").Resource("Microsoft.Web/serverfarms").Body["sku"]!["name"]!);
        Assert.True((bool)app.Properties["httpsOnly"]!);
        Assert.Equal("custom", (string)app.Properties["functionAppConfig"]!["runtime"]!["name"]!);
        Assert.Equal("1.0", (string)app.Properties["functionAppConfig"]!["runtime"]!["version"]!);
        Assert.Equal("UserAssigned", (string)app.Body["identity"]!["type"]!);
        Assert.Equal(["${identityId}"], app.Body["identity"]!["userAssignedIdentities"]!.AsObject().Select(identity => identity.Key));
        var package = app.Properties["functionAppConfig"]!["deployment"]!["storage"]!;
        Assert.Equal("blobContainer", (string)package["type"]!);
        Assert.Equal("UserAssignedIdentity", (string)package["authentication"]!["type"]!);
        Assert.Equal("identityId", Code(package["authentication"]!["userAssignedIdentityResourceId"]));
        Assert.Equal("identityId", Code(app.Properties["keyVaultReferenceIdentity"]));
        Assert.Equal("storage.outputs.packageContainer", Code(files.Main.Modules["app"].Arguments["packageContainer"]));
    }

    [Fact]
    public void Sizes_of_instances_are_those_that_flex_consumption_has()
    {
        var memory = files.Main.Parameters["instanceMemoryMB"].Decorations["allowed"]!.AsArray().Select(size => (int)size!);
        Assert.Equal([512, 2048, 4096], memory);
        var scale = files.Module("app").Resource("Microsoft.Web/sites").Properties["functionAppConfig"]!["scaleAndConcurrency"]!;
        Assert.Equal("instanceMemoryMB", Code(scale["instanceMemoryMB"]));
        Assert.Equal("maximumInstanceCount", Code(scale["maximumInstanceCount"]));
        Assert.Equal("httpConcurrency", Code(scale["triggers"]!["http"]!["perInstanceConcurrency"]));
        // Of the platform's own choice, 17 watches would keep two instances.
        Assert.InRange((int)files.Main.Parameters["httpConcurrency"].Default!, 100, 1000);
    }

    private static string RoleOf(BicepFile file, BicepResource assignment)
    {
        var definition = Code(assignment.Properties["roleDefinitionId"]);
        var role = file.Variables.Single(variable => definition.EndsWith($", {variable.Key})", StringComparison.Ordinal));
        Assert.Equal($"subscriptionResourceId('Microsoft.Authorization/roleDefinitions', {role.Key})", definition);
        return (string)role.Value!;
    }

    private static string Code(JsonNode? value) => (string)value!["code"]!;

    private static TimeSpan Duration(JsonNode? value) => XmlConvert.ToTimeSpan((string)value!);
}
