namespace CloudPlane.Api.Tests;

/// <summary>Valid objects to begin with.</summary>
internal static class Manifests
{
    public const string Namespaced = "/api/v1/namespaces/default";
    public const string Apps = "/apis/apps/v1/namespaces/default";

    public static string ConfigMap(string name, string value = "v", string labels = "{}") =>
        $$$"""{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"{{{name}}}","labels":{{{labels}}}},"data":{"k":"{{{value}}}"}}""";

    public static string Pod(string name, string? node = null, int grace = 30) =>
        $$$"""
        {"apiVersion":"v1","kind":"Pod","metadata":{"name":"{{{name}}}","labels":{"app":"{{{name}}}"}},
         "spec":{"terminationGracePeriodSeconds":{{{grace}}},{{{NodeField(node)}}}
                 "containers":[{"name":"main","image":"busybox:1"}]}}
        """;

    public static string Deployment(string name, int replicas = 3) =>
        $$$"""
        {"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"{{{name}}}"},
         "spec":{"replicas":{{{replicas}}},"selector":{"matchLabels":{"app":"{{{name}}}"}},
                 "template":{"metadata":{"labels":{"app":"{{{name}}}"}},"spec":{"containers":[{"name":"main","image":"busybox:1"}]} } } }
        """;

    public static string Service(string name, string type = "ClusterIP", string more = "") =>
        $$$"""{"apiVersion":"v1","kind":"Service","metadata":{"name":"{{{name}}}"},"spec":{"type":"{{{type}}}",{{{more}}}"selector":{"app":"x"},"ports":[{"port":80}]}}""";

    public static string Namespace(string name) => $$$"""{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"{{{name}}}"}}""";

    public static string Node(string name) => $$$"""{"apiVersion":"v1","kind":"Node","metadata":{"name":"{{{name}}}"}}""";

    private static string NodeField(string? node) => node is null ? "" : $"\"nodeName\":\"{node}\",";

    public static ApiUser NodeUser(string name) => new("system:node:" + name, ["system:nodes", "system:authenticated"]);
}
