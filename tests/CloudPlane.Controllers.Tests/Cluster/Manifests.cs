namespace CloudPlane.Controllers.Tests;

internal static class Manifests
{
    public static string Deployment(string name, int replicas, string image = "v1", string strategy = """{"type":"RollingUpdate","rollingUpdate":{"maxSurge":"25%","maxUnavailable":"25%"} }""") => $$"""
        {"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"{{name}}","namespace":"default"},
         "spec":{"replicas":{{replicas}},"revisionHistoryLimit":2,"progressDeadlineSeconds":600,"strategy":{{strategy}},
          "selector":{"matchLabels":{"app":"{{name}}"} },
          "template":{"metadata":{"labels":{"app":"{{name}}"} },"spec":{"containers":[{"name":"c","image":"{{image}}"}],
           "tolerations":[{"key":"node.kubernetes.io/unreachable","operator":"Exists","effect":"NoExecute","tolerationSeconds":60}]} } } }
        """;

    public static string Service(string name, string app) => $$"""
        {"apiVersion":"v1","kind":"Service","metadata":{"name":"{{name}}","namespace":"default"},
         "spec":{"selector":{"app":"{{app}}"},"ports":[{"name":"http","port":80,"targetPort":8080,"protocol":"TCP"}]} }
        """;
}
