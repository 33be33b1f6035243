using System.Text;
using CloudPlane.Client;

namespace CloudPlane.Agent.Tests;

internal static class TestPods
{
    /// <summary>A pod with one container and init containers; a name ending with * is a sidecar's.</summary>
    public static Pod Parse(string restartPolicy, string container, params string[] init) => Parse($$$$"""
        {"metadata":{"name":"p","namespace":"default","uid":"u","generation":3},"spec":{"restartPolicy":"{{{{restartPolicy}}}}",
         "initContainers":[{{{{string.Join(',', init.Select(Init))}}}}],"containers":[{"name":"{{{{container}}}}","image":"x"}]}}
        """);

    private static string Init(string name) =>
        $$$"""{"name":"{{{name.TrimEnd('*')}}}","image":"x"{{{(name.EndsWith('*') ? ",\"restartPolicy\":\"Always\"" : "")}}}}""";

    public static Pod Parse(string json) => ModelJson.Parse<Pod>(Encoding.UTF8.GetBytes(json));

    public static RuntimeContainer Container(string name, RuntimeContainerState state, int restartCount = 0) => new()
    {
        Id = $"id-{name}-{restartCount}",
        SandboxId = "s1",
        Name = name,
        RestartCount = restartCount,
        Hash = ContainerHash.Of(new Container { Name = name, Image = "x" }),
        State = state,
        StartedAt = DateTimeOffset.UnixEpoch.AddSeconds(1),
        FinishedAt = DateTimeOffset.UnixEpoch.AddSeconds(2),
        Image = "x:latest",
        ImageId = "sha256:1",
    };
}
