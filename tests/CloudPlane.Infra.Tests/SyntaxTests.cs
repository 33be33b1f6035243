using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace CloudPlane.Infra.Tests;

/// <summary>What the Bicep compiler would say first. It is not at hand here, so these are the faults that a grammar and a list of names can find.</summary>
[Collection(BicepCollection.Name)]
public sealed partial class SyntaxTests(BicepFiles files)
{
    // Functions of Bicep that are used, and no others: a misspelt one is none of them.
    private static readonly string[] Functions =
    [
        "allowed", "batchSize", "description", "empty", "guid", "maxLength", "maxValue", "minLength", "minValue", "secure", "subscription", "subscriptionResourceId",
        "toLower", "union", "uniqueString",
    ];

    // As reference/azure.md has them, part D, and for what it leaves open as public templates use them.
    private static readonly Dictionary<string, string> Versions = new()
    {
        ["Microsoft.Authorization/roleAssignments"] = "2022-04-01",
        ["Microsoft.Insights/components"] = "2020-02-02",
        ["Microsoft.KeyVault/vaults"] = "2023-07-01",
        ["Microsoft.ManagedIdentity/userAssignedIdentities"] = "2023-01-31",
        ["Microsoft.OperationalInsights/workspaces"] = "2023-09-01",
        ["Microsoft.Resources/resourceGroups"] = "2022-09-01",
        ["Microsoft.ServiceBus/namespaces"] = "2024-01-01",
        ["Microsoft.Storage/storageAccounts"] = "2023-05-01",
        ["Microsoft.Web/serverfarms"] = "2024-04-01",
        ["Microsoft.Web/sites"] = "2024-04-01",
    };

    [Fact]
    public void Every_file_parses()
    {
        Assert.NotEmpty(files.All);
        Assert.All(files.All, file => Assert.Empty(file.Value.Errors));
    }

    [Fact]
    public void Every_name_that_is_used_is_declared_and_the_other_way_round() => Assert.All(files.All, file =>
    {
        var (_, bicep) = file;
        string[] declared = [.. bicep.Parameters.Keys, .. bicep.Variables.Keys, .. bicep.Resources.Keys, .. bicep.Modules.Keys];
        Assert.Equal(declared.Length, declared.Distinct().Count());
        Assert.Empty(bicep.Names.Except(declared));
        Assert.Empty(bicep.Parameters.Keys.Concat(bicep.Variables.Keys).Except(bicep.Names));
    });

    [Fact]
    public void Every_function_exists() => Assert.All(files.All, file => Assert.Empty(file.Value.Calls.Except(Functions)));

    [Fact]
    public void Modules_get_all_that_they_ask_for_and_nothing_else()
    {
        Assert.All(files.Main.Modules.Values, module =>
        {
            var parameters = files.All[module.Path].Parameters;
            Assert.Empty(module.Arguments.Select(argument => argument.Key).Except(parameters.Keys));
            Assert.Empty(parameters.Where(parameter => parameter.Value.Default is null).Select(parameter => parameter.Key).Except(module.Arguments.Select(argument => argument.Key)));
        });
        Assert.Equal(files.All.Keys.Except(["main.bicep"]).Order(), files.Main.Modules.Values.Select(module => module.Path).Order());
    }

    [Fact]
    public void Outputs_of_modules_that_are_used_exist_and_the_other_way_round()
    {
        var used = ModuleOutput().Matches(Repository.Read("infra/main.bicep")).Select(match => (match.Groups["module"].Value, match.Groups["output"].Value)).ToHashSet();
        var declared = files.Main.Modules.Keys.SelectMany(module => files.Module(module).Outputs.Keys.Select(output => (module, output))).ToHashSet();
        Assert.Equal(declared.Order(), used.Order());
    }

    [Fact]
    public void Every_parameter_and_output_says_what_it_is() => Assert.All(files.All.Values, file =>
    {
        Assert.All(file.Parameters.Values, parameter => Assert.NotEmpty((string)parameter.Decorations["description"]!));
        Assert.All(file.Outputs.Values, output => Assert.NotEmpty((string)output.Decorations["description"]!));
    });

    [Fact]
    public void Defaults_are_allowed() => Assert.All(files.Main.Parameters.Values.Where(parameter => parameter.Default is not null), parameter =>
    {
        var (given, rules) = (parameter.Default!, parameter.Decorations);
        if (rules["allowed"] is JsonArray allowed)
            Assert.Contains(given.ToString(), allowed.Select(value => value!.ToString()));
        if (parameter.Type == "int")
            Assert.InRange((int)given, (int?)rules["minValue"] ?? int.MinValue, (int?)rules["maxValue"] ?? int.MaxValue);
    });

    [Fact]
    public void Api_versions_are_known_ones() => Assert.All(files.All.Values.SelectMany(file => file.Resources.Values), resource =>
    {
        // A part of a resource comes with the versions of the whole.
        var whole = string.Join('/', resource.Kind.Split('/').Take(2));
        Assert.Equal($"{resource.Kind}@{Versions[whole]}", resource.Type);
    });

    [Fact]
    public void Azd_gives_every_parameter_that_has_no_default_and_none_that_is_not_there()
    {
        var given = JsonNode.Parse(Repository.Read("infra/main.parameters.json"))!["parameters"]!.AsObject().Select(parameter => parameter.Key).ToList();
        Assert.Empty(given.Except(files.Main.Parameters.Keys));
        Assert.Empty(files.Main.Parameters.Where(parameter => parameter.Value.Default is null).Select(parameter => parameter.Key).Except(given));
    }

    [GeneratedRegex(@"\b(?<module>\w+)!?\.outputs\.(?<output>\w+)")]
    private static partial Regex ModuleOutput();
}
