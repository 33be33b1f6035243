using System.Text.Json.Nodes;
using CloudPlane.Storage;

namespace CloudPlane.Api;

internal enum PodReferenceKind { ConfigMap, Secret }

/// <summary>Whether a pod bound to a node names a config map or a secret: only then may the node read it.</summary>
internal sealed class PodReferences(IStateStore store)
{
    public async ValueTask<bool> ExistsAsync(string cluster, string node, PodReferenceKind kind, ObjectKey key, CancellationToken cancellationToken)
    {
        var pods = await store.ListAsync(new Partition(cluster, "pods"), new ListQuery { Namespace = key.Namespace }, cancellationToken);
        var nodeName = System.Text.Encoding.UTF8.GetBytes(node);
        var name = System.Text.Encoding.UTF8.GetBytes(key.Name);
        foreach (var pod in pods.Items)
        {
            // Most pods are ruled out without parsing: names are plain ASCII, so a pod that names both contains both.
            if (pod.Document.Span.IndexOf(nodeName) >= 0 && pod.Document.Span.IndexOf(name) >= 0 && Names(Documents.Parse(pod.Document), node, kind, key.Name))
                return true;
        }

        return false;
    }

    private static bool Names(JsonObject pod, string node, PodReferenceKind kind, string name)
    {
        var spec = pod.Object("spec");
        return spec.Text("nodeName") == node
            && (InVolumes(spec, kind, name) || InContainers(spec, kind, name)
                || (kind == PodReferenceKind.Secret && spec.Objects("imagePullSecrets").Any(s => s.Text("name") == name)));
    }

    private static bool InVolumes(JsonObject? spec, PodReferenceKind kind, string name) => spec.Objects("volumes").Any(volume =>
        InSource(volume, kind, name, "secretName") || volume.Object("projected").Objects("sources").Any(s => InSource(s, kind, name, "name")));

    private static bool InSource(JsonObject source, PodReferenceKind kind, string name, string secretField) => kind == PodReferenceKind.ConfigMap
        ? source.Object("configMap") is { } map && map.Text("name") == name
        : source.Object("secret") is { } secret && secret.Text(secretField) == name;

    private static bool InContainers(JsonObject? spec, PodReferenceKind kind, string name)
    {
        var (key, from) = kind == PodReferenceKind.ConfigMap ? ("configMapKeyRef", "configMapRef") : ("secretKeyRef", "secretRef");
        return spec.Objects("initContainers").Concat(spec.Objects("containers")).Any(container =>
            container.Objects("env").Any(e => e.Object("valueFrom").Object(key) is { } one && one.Text("name") == name)
            || container.Objects("envFrom").Any(e => e.Object(from) is { } all && all.Text("name") == name));
    }
}
