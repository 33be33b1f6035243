using System.Security.Cryptography;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace CloudPlane.Schema.Tests;

public sealed partial class OpenApiDocumentsTests
{
    private static readonly Catalog Catalog = Catalog.LoadBuiltIn();
    private static readonly OpenApiDocuments Documents = new(Catalog);

    public static TheoryData<string, string> GroupVersions
    {
        get
        {
            var data = new TheoryData<string, string>();
            foreach (var (group, version) in Catalog.Resources.Select(r => (r.Group, r.Version)).Distinct())
                data.Add(group, version);
            return data;
        }
    }

    [Fact]
    public void TheIndexNamesEachDocumentWithItsHash()
    {
        var paths = JsonNode.Parse(Documents.V3Index())!["paths"]!.AsObject();
        Assert.Equal(["api/v1", "apis/apps/v1", "apis/coordination.k8s.io/v1", "apis/discovery.k8s.io/v1"], paths.Select(p => p.Key).Order());
        var hash = Convert.ToHexString(SHA512.HashData(Documents.V3("apps", "v1")!));
        Assert.Equal($"/openapi/v3/apis/apps/v1?hash={hash}", paths["apis/apps/v1"]!["serverRelativeURL"]!.GetValue<string>());
        Assert.Null(Documents.V3("batch", "v1"));
    }

    [Theory]
    [MemberData(nameof(GroupVersions))]
    public void EveryReferenceResolves(string group, string version)
    {
        var document = JsonNode.Parse(Documents.V3(group, version)!)!;
        AssertReferences(document, document["components"]!["schemas"]!.AsObject(), "#/components/schemas/");
    }

    [Fact]
    public void EveryReferenceOfVersionTwoResolves()
    {
        var document = JsonNode.Parse(Documents.V2Json())!;
        AssertReferences(document, document["definitions"]!.AsObject(), "#/definitions/");
    }

    // kubectl asks for server-side validation only if the PATCH of the kind has the parameter (QueryParamVerifierV3).
    [Fact]
    public void EveryPatchTakesFieldValidationAndDryRun()
    {
        foreach (var resource in Catalog.Resources.Where(r => r.Verbs.Contains("patch")))
        {
            var patches = JsonNode.Parse(Documents.V3(resource.Group, resource.Version)!)!["paths"]!.AsObject()
                .Select(p => p.Value!["patch"]).Where(p => p?["x-kubernetes-group-version-kind"]!["kind"]!.GetValue<string>() == resource.Kind).ToList();
            Assert.NotEmpty(patches);
            Assert.All(patches, p =>
            {
                var names = p!["parameters"]!.AsArray().Where(q => q!["in"]!.GetValue<string>() == "query").Select(q => q!["name"]!.GetValue<string>()).ToList();
                Assert.Contains("fieldValidation", names);
                Assert.Contains("dryRun", names);
            });
        }
    }

    [Fact]
    public void SchemasCarryTheMarkersOfTheCatalog()
    {
        var schemas = JsonNode.Parse(Documents.V3("", "v1")!)!["components"]!["schemas"]!;
        var containers = schemas["io.k8s.api.core.v1.PodSpec"]!["properties"]!["containers"]!;
        Assert.Equal("name", containers["x-kubernetes-patch-merge-key"]!.GetValue<string>());
        Assert.Equal("merge", containers["x-kubernetes-patch-strategy"]!.GetValue<string>());
        Assert.Equal("map", containers["x-kubernetes-list-type"]!.GetValue<string>());
        Assert.Equal("#/components/schemas/io.k8s.api.core.v1.Container", containers["items"]!["allOf"]![0]!["$ref"]!.GetValue<string>());
        Assert.Equal("""["containers"]""", schemas["io.k8s.api.core.v1.PodSpec"]!["required"]!.ToJsonString());
        Assert.Equal("""[{"group":"","kind":"Pod","version":"v1"}]""", schemas["io.k8s.api.core.v1.Pod"]!["x-kubernetes-group-version-kind"]!.ToJsonString());
        Assert.Equal("int-or-string", schemas["io.k8s.apimachinery.pkg.util.intstr.IntOrString"]!["format"]!.GetValue<string>());
        Assert.Equal("atomic", schemas["io.k8s.apimachinery.pkg.apis.meta.v1.LabelSelector"]!["x-kubernetes-map-type"]!.GetValue<string>());
    }

    [Fact]
    public void OperationsAreNamedAsInKubernetes()
    {
        var ids = JsonNode.Parse(Documents.V3("", "v1")!)!["paths"]!.AsObject().SelectMany(p => p.Value!.AsObject())
            .Select(o => (o.Value as JsonObject)?["operationId"]?.GetValue<string>()).OfType<string>().ToList();
        Assert.Equal(ids.Count, ids.Distinct().Count());
        foreach (var id in (string[])["listCoreV1PodForAllNamespaces", "createCoreV1NamespacedPod", "deleteCoreV1CollectionNamespacedPod",
            "readCoreV1NamespacedPodLog", "createCoreV1NamespacedPodEviction", "replaceCoreV1NodeStatus", "replaceCoreV1NamespaceFinalize", "patchCoreV1Node"])
            Assert.Contains(id, ids);
    }

    // Read with the same field numbers but by other code: Google.Protobuf's parser over a wire-level walk.
    [Fact]
    public void TheProtobufFormHoldsTheSameDefinitions()
    {
        var json = JsonNode.Parse(Documents.V2Json())!["definitions"]!.AsObject();
        var document = WireMessage.Parse(Documents.V2Protobuf());
        Assert.Equal("2.0", document.Text(1));
        var definitions = document.Messages(9).Single().Messages(1).ToDictionary(d => d.Text(1), d => d.Messages(2).Single());
        Assert.Equal(json.Select(d => d.Key).Order(), definitions.Keys.Order());

        var podSpec = definitions["io.k8s.api.core.v1.PodSpec"];
        var containers = podSpec.Messages(25).Single().Messages(1).Single(p => p.Text(1) == "containers").Messages(2).Single();
        Assert.Equal("array", containers.Messages(22).Single().Text(1));
        Assert.Equal("#/definitions/io.k8s.api.core.v1.Container", containers.Messages(23).Single().Messages(1).Single().Text(1));
        var extensions = containers.Messages(31).ToDictionary(e => e.Text(1), e => e.Messages(2).Single().Text(2));
        Assert.Equal("\"name\"", extensions["x-kubernetes-patch-merge-key"]);
        Assert.Contains(document.Messages(8).Single().Messages(2), p => p.Text(1) == "/api/v1/namespaces/{namespace}/pods/{name}");
    }

    [Fact]
    public void DocumentsAreDeterministic()
    {
        var again = new OpenApiDocuments(Catalog.LoadBuiltIn());
        Assert.Equal(Documents.V3Index(), again.V3Index());
        Assert.Equal(Documents.V2Json(), again.V2Json());
    }

    [Fact]
    public void EveryDescriptionSpeaksOfSomethingThatExists()
    {
        var types = Catalog.TypeNames.Select(Catalog.Type).ToLookup(t => t.ShortName);
        foreach (var key in Descriptions.Load().Keys.Where(k => !k.StartsWith('*')))
        {
            var (type, field) = key.Split('.') is [var t, var f] ? (t, f) : (key, null);
            Assert.True(field is null ? types.Contains(type) || ScalarNames.Contains(type) : types[type].Any(s => s.Fields.ContainsKey(field)), key);
        }
    }

    private static readonly string[] ScalarNames = ["FieldsV1", "IntOrString", "MicroTime", "Patch", "Quantity", "RawExtension", "Time"];

    private static void AssertReferences(JsonNode document, JsonObject models, string prefix)
    {
        var references = Reference().Matches(document.ToJsonString()).Select(m => m.Groups[1].Value).Distinct().ToList();
        Assert.NotEmpty(references);
        Assert.All(references, r => Assert.True(r.StartsWith(prefix, StringComparison.Ordinal) && models.ContainsKey(r[prefix.Length..]), r));
    }

    [GeneratedRegex("\"\\$ref\":\"([^\"]+)\"")]
    private static partial Regex Reference();
}
