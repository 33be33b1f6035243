using System.Text.Json.Nodes;

namespace CloudPlane.Schema;

/// <summary>The rules of one kind; what is here holds for a kind without a status and without rules of its own.</summary>
internal abstract class KindRule
{
    /// <summary>Whether the kind counts changes of what its user wants (metadata.generation).</summary>
    public virtual bool HasGeneration => false;

    public static KindRule Of(ResourceType resource) => (resource.Group, resource.Kind) switch
    {
        ("", "Pod") => new PodRule(),
        ("", "Service") => new ServiceRule(),
        ("", "Node") => new NodeRule(),
        ("", "Namespace") => new NamespaceRule(),
        ("", "ConfigMap") => new ConfigMapRule(),
        ("", "Secret") => new SecretRule(),
        ("", "ServiceAccount") => new ServiceAccountRule(),
        ("", "Event") => new EventRule(),
        ("", "Binding") => new BindingRule(),
        ("apps", "Deployment") => new DeploymentRule(),
        ("apps", "ReplicaSet") => new ReplicaSetRule(),
        ("coordination.k8s.io", "Lease") => new LeaseRule(),
        ("discovery.k8s.io", "EndpointSlice") => new EndpointSliceRule(),
        _ => throw new ArgumentException($"{resource.StorageName} has no rules", nameof(resource)),
    };

    public virtual IEnumerable<string> NameErrors(string name) => NameRules.Subdomain(name);

    public virtual void PrepareForCreate(JsonObject document)
    {
    }

    public virtual void PrepareForUpdate(JsonObject document, JsonObject stored)
    {
    }

    public virtual void PrepareForStatusUpdate(JsonObject document, JsonObject stored) => KindRules.Keep(document, stored, "spec");

    public virtual bool IsNewGeneration(JsonObject document, JsonObject stored) => !JsonNode.DeepEquals(document["spec"], stored["spec"]);

    /// <summary>What must hold on create and on update.</summary>
    public virtual void Validate(JsonObject document, FieldErrors errors)
    {
    }

    /// <summary>What must hold on create beside that.</summary>
    public virtual void ValidateCreate(JsonObject document, FieldErrors errors)
    {
    }

    public virtual void ValidateUpdate(JsonObject document, JsonObject stored, FieldErrors errors)
    {
    }

    public virtual void ValidateStatusUpdate(JsonObject document, JsonObject stored, FieldErrors errors)
    {
    }

    public virtual IEnumerable<string> Warnings(JsonObject document, JsonObject? stored) => [];

    /// <summary>A number that may be absent, but not negative.</summary>
    protected static void NotNegative(JsonNode? parent, string name, FieldPath path, FieldErrors errors)
    {
        if (parent.Number(name) is < 0)
            errors.Invalid(path.Child(name), parent![name], "must be greater than or equal to 0");
    }
}
