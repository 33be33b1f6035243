using System.Text.Json.Nodes;
using CloudPlane.Schema;
using CloudPlane.Storage;

namespace CloudPlane.Api;

/// <summary>A pod's service account exists, and gives the pod its pull secrets (Kubernetes' ServiceAccount admission plugin).</summary>
internal sealed class ServiceAccountAdmission(IStateStore store)
{
    /// <exception cref="ApiStatusException">403.</exception>
    public async ValueTask AdmitAsync(Operation operation, JsonObject pod)
    {
        if (pod["spec"] is not JsonObject spec)
            return;
        var name = spec.Text("serviceAccountName");
        var found = await store.GetAsync(new Partition(operation.Cluster, "serviceaccounts"), new ObjectKey(operation.Namespace, name), operation.Aborted);
        if (found is not null)
            AddPullSecrets(spec, Documents.Parse(found.Document));
        // The controller makes "default" a moment after its namespace. Kubernetes makes the caller wait; nothing of it is mounted here.
        else if (name != "default")
            throw ApiErrors.Forbidden(operation.Resource, pod.Metadata().Text("name"),
                $"error looking up service account {operation.Namespace}/{name}: serviceaccount {GoText.Quote(name)} not found");
    }

    private static void AddPullSecrets(JsonObject spec, JsonObject account)
    {
        if (!spec.Objects("imagePullSecrets").Any() && account["imagePullSecrets"] is JsonArray { Count: > 0 } secrets)
            spec["imagePullSecrets"] = secrets.DeepClone();
    }
}
