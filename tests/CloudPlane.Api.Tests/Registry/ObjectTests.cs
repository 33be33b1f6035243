using System.Text.Json.Nodes;
using static CloudPlane.Api.Tests.Manifests;

namespace CloudPlane.Api.Tests;

/// <summary>Create, get, update and their errors.</summary>
public sealed class ObjectTests : IAsyncDisposable
{
    private readonly TestApi _api = new();

    public ValueTask DisposeAsync() => _api.DisposeAsync();

    [Fact]
    public async Task A_created_object_has_identity_and_is_read_back_as_stored()
    {
        var created = (await _api.PostAsync($"{Namespaced}/configmaps", ConfigMap("a"))).Is(201);
        var metadata = created.Json["metadata"]!;
        Assert.True(Guid.TryParse(metadata["uid"]!.GetValue<string>(), out _));
        Assert.Equal("default", metadata["namespace"]!.GetValue<string>());
        Assert.NotEmpty(created.Version);
        var read = (await _api.GetAsync($"{Namespaced}/configmaps/a")).Is(200);
        Assert.Equal(created.Text, read.Text);
    }

    [Fact]
    public async Task A_second_object_of_the_name_exists_already()
    {
        await _api.PostAsync($"{Apps}/deployments", Deployment("web"));
        var again = (await _api.PostAsync($"{Apps}/deployments", Deployment("web"))).IsFailure(409, "AlreadyExists");
        Assert.Equal("deployments.apps \"web\" already exists", again.Message);
        Assert.Equal("deployments", again.Json["details"]!["kind"]!.GetValue<string>());
        Assert.Equal("apps", again.Json["details"]!["group"]!.GetValue<string>());
    }

    [Fact]
    public async Task A_name_whose_object_is_going_is_said_to_be_so()
    {
        var body = """{"metadata":{"name":"a","finalizers":["example.com/wait"]}}""";
        await _api.PostAsync($"{Namespaced}/configmaps", body);
        await _api.DeleteAsync($"{Namespaced}/configmaps/a");
        const string message = "object is being deleted: configmaps \"a\" already exists";
        Assert.Equal(message, (await _api.PostAsync($"{Namespaced}/configmaps", body)).IsFailure(409, "AlreadyExists").Message);
        Assert.Equal(message, (await _api.PostAsync($"{Namespaced}/configmaps?dryRun=All", body)).IsFailure(409, "AlreadyExists").Message);
    }

    [Fact]
    public async Task A_write_whose_answer_nobody_could_read_is_not_made()
    {
        (await _api.SendAsync("POST", $"{Namespaced}/configmaps", ConfigMap("a"), accept: "application/yaml")).IsFailure(406, "NotAcceptable");
        (await _api.GetAsync($"{Namespaced}/configmaps/a")).IsFailure(404, "NotFound");
        await _api.PostAsync($"{Namespaced}/configmaps", ConfigMap("a"));
        (await _api.SendAsync("DELETE", $"{Namespaced}/configmaps/a", "", accept: "application/yaml")).IsFailure(406, "NotAcceptable");
        (await _api.GetAsync($"{Namespaced}/configmaps/a")).Is(200);
    }

    [Fact]
    public async Task GenerateName_makes_a_fresh_name()
    {
        var body = """{"metadata":{"generateName":"web-"},"data":{}}""";
        var one = (await _api.PostAsync($"{Namespaced}/configmaps", body)).Is(201).Json["metadata"]!["name"]!.GetValue<string>();
        var two = (await _api.PostAsync($"{Namespaced}/configmaps", body)).Is(201).Json["metadata"]!["name"]!.GetValue<string>();
        Assert.Matches("^web-[bcdfghjklmnpqrstvwxz2456789]{5}$", one);
        Assert.NotEqual(one, two);
    }

    [Fact]
    public async Task What_is_not_there_is_not_found()
    {
        Assert.Equal("pods \"x\" not found", (await _api.GetAsync($"{Namespaced}/pods/x")).IsFailure(404, "NotFound").Message);
        (await _api.DeleteAsync($"{Namespaced}/pods/x")).IsFailure(404, "NotFound");
        (await _api.PutAsync($"{Namespaced}/configmaps/x", ConfigMap("x"))).IsFailure(404, "NotFound");
        (await _api.PatchAsync($"{Namespaced}/configmaps/x", "{}")).IsFailure(404, "NotFound");
        Assert.Equal("namespaces \"nowhere\" not found",
            (await _api.PostAsync("/api/v1/namespaces/nowhere/configmaps", ConfigMap("a"))).IsFailure(404, "NotFound").Message);
    }

    [Fact]
    public async Task A_stale_update_conflicts_in_the_words_of_Kubernetes()
    {
        var first = await _api.PostAsync($"{Apps}/deployments", Deployment("x"));
        var document = first.Json;
        document["spec"]!["replicas"] = 5;
        (await _api.PutAsync($"{Apps}/deployments/x", document.ToJsonString())).Is(200);
        document["spec"]!["replicas"] = 6;
        var stale = (await _api.PutAsync($"{Apps}/deployments/x", document.ToJsonString())).IsFailure(409, "Conflict");
        Assert.Equal(
            "Operation cannot be fulfilled on deployments.apps \"x\": the object has been modified; please apply your changes to the latest version and try again",
            stale.Message);
    }

    [Fact]
    public async Task An_update_without_revision_is_unconditional_but_not_for_leases()
    {
        await _api.PostAsync($"{Namespaced}/configmaps", ConfigMap("a"));
        (await _api.PutAsync($"{Namespaced}/configmaps/a", ConfigMap("a", "other"))).Is(200);
        var leases = "/apis/coordination.k8s.io/v1/namespaces/default/leases";
        var lease = """{"metadata":{"name":"l"},"spec":{"holderIdentity":"a","leaseDurationSeconds":40}}""";
        (await _api.PostAsync(leases, lease)).Is(201);
        var blind = (await _api.PutAsync($"{leases}/l", lease)).IsFailure(422, "Invalid");
        Assert.Contains("metadata.resourceVersion: Invalid value", blind.Message);
    }

    [Fact]
    public async Task An_update_that_changes_nothing_writes_nothing()
    {
        var created = await _api.PostAsync($"{Apps}/deployments", Deployment("x"));
        var again = (await _api.PutAsync($"{Apps}/deployments/x", created.Text)).Is(200);
        Assert.Equal(created.Version, again.Version);
        var patched = (await _api.PatchAsync($"{Apps}/deployments/x", """{"spec":{"replicas":3}}""")).Is(200);
        Assert.Equal(created.Version, patched.Version);
    }

    [Fact]
    public async Task Identity_cannot_be_changed()
    {
        var created = await _api.PostAsync($"{Namespaced}/configmaps", ConfigMap("a"));
        var stolen = created.Json;
        stolen["metadata"]!["uid"] = "00000000-0000-4000-8000-000000000000";
        (await _api.PutAsync($"{Namespaced}/configmaps/a", stolen.ToJsonString())).IsFailure(409, "Conflict");
        (await _api.PutAsync($"{Namespaced}/configmaps/a", ConfigMap("b"))).IsFailure(400, "BadRequest");
        (await _api.PutAsync($"{Namespaced}/configmaps/a", """{"metadata":{"name":"a","namespace":"other"}}""")).IsFailure(400, "BadRequest");
        var kept = created.Json;
        kept["metadata"]!["creationTimestamp"] = "2001-01-01T00:00:00Z";
        kept["metadata"]!["deletionTimestamp"] = "2001-01-01T00:00:00Z";
        var after = (await _api.PutAsync($"{Namespaced}/configmaps/a", kept.ToJsonString())).Is(200);
        Assert.Equal(created.Json["metadata"]!.ToJsonString(), after.Json["metadata"]!.ToJsonString());
    }

    [Fact]
    public async Task Status_and_spec_are_written_separately()
    {
        var created = await _api.PostAsync($"{Apps}/deployments", Deployment("x"));
        var document = created.Json;
        document["status"] = new JsonObject { ["replicas"] = 7 };
        document["spec"]!["replicas"] = 9;
        var status = (await _api.PutAsync($"{Apps}/deployments/x/status", document.ToJsonString())).Is(200).Json;
        Assert.Equal(7, status["status"]!["replicas"]!.GetValue<int>());
        Assert.Equal(3, status["spec"]!["replicas"]!.GetValue<int>());
        Assert.Equal(1, status["metadata"]!["generation"]!.GetValue<int>());
        var spec = (await _api.PatchAsync($"{Apps}/deployments/x", """{"spec":{"replicas":9},"status":{"replicas":1}}""")).Is(200).Json;
        Assert.Equal(7, spec["status"]!["replicas"]!.GetValue<int>());
        Assert.Equal(9, spec["spec"]!["replicas"]!.GetValue<int>());
        Assert.Equal(2, spec["metadata"]!["generation"]!.GetValue<int>());
    }

    [Fact]
    public async Task Dry_run_answers_and_writes_nothing()
    {
        (await _api.PostAsync($"{Namespaced}/configmaps?dryRun=All", ConfigMap("a"))).Is(201);
        (await _api.GetAsync($"{Namespaced}/configmaps/a")).IsFailure(404, "NotFound");
        var created = await _api.PostAsync($"{Namespaced}/configmaps", ConfigMap("a"));
        var patched = (await _api.PatchAsync($"{Namespaced}/configmaps/a?dryRun=All", """{"data":{"k":"w"}}""")).Is(200);
        Assert.Equal("w", patched.Json["data"]!["k"]!.GetValue<string>());
        (await _api.DeleteAsync($"{Namespaced}/configmaps/a?dryRun=All")).Is(200);
        Assert.Equal(created.Text, (await _api.GetAsync($"{Namespaced}/configmaps/a")).Text);
        (await _api.PostAsync($"{Namespaced}/configmaps?dryRun=All", ConfigMap("a"))).IsFailure(409, "AlreadyExists");
        (await _api.PostAsync($"{Namespaced}/configmaps?dryRun=Some", ConfigMap("b"))).IsFailure(422, "Invalid");
    }

    [Fact]
    public async Task Unknown_fields_are_an_error_a_warning_or_nothing()
    {
        var body = Deployment("x").Replace("\"replicas\"", "\"foo\":1,\"replicas\"", StringComparison.Ordinal);
        var strict = (await _api.PostAsync($"{Apps}/deployments?fieldValidation=Strict", body)).IsFailure(400, "BadRequest");
        Assert.Equal("Deployment in version \"v1\" cannot be handled as a Deployment: strict decoding error: unknown field \"spec.foo\"", strict.Message);
        var warned = (await _api.PostAsync($"{Apps}/deployments", body)).Is(201);
        Assert.Equal(["299 - \"unknown field \\\"spec.foo\\\"\""], warned.Warnings);
        Assert.Null(warned.Json["spec"]!["foo"]);
        Assert.Empty((await _api.PostAsync($"{Apps}/deployments?fieldValidation=Ignore", body.Replace("\"x\"", "\"y\"", StringComparison.Ordinal))).Is(201).Warnings);
        (await _api.PostAsync($"{Apps}/deployments?fieldValidation=Maybe", body)).IsFailure(422, "Invalid");
    }

    [Fact]
    public async Task Several_faults_come_together_with_their_paths()
    {
        var body = Deployment("x", -1).Replace("\"name\":\"x\"", "\"name\":\"X\"", StringComparison.Ordinal);
        var answer = (await _api.PostAsync($"{Apps}/deployments", body)).IsFailure(422, "Invalid");
        Assert.StartsWith("Deployment.apps \"X\" is invalid: [", answer.Message, StringComparison.Ordinal);
        var fields = answer.Json["details"]!["causes"]!.AsArray().Select(c => c!["field"]!.GetValue<string>()).ToArray();
        Assert.Contains("metadata.name", fields);
        Assert.Contains("spec.replicas", fields);
    }

    [Fact]
    public async Task Yaml_is_taken_as_json_is()
    {
        var yaml = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: y\ndata:\n  k: \"1\"\n";
        var created = (await _api.SendAsync("POST", $"{Namespaced}/configmaps", yaml, contentType: "application/yaml")).Is(201);
        Assert.Equal("1", created.Json["data"]!["k"]!.GetValue<string>());
        (await _api.SendAsync("POST", $"{Namespaced}/configmaps", "a: [", contentType: "application/yaml")).IsFailure(400, "BadRequest");
    }
}
