using CloudPlane.Client;

namespace CloudPlane.Agent.Tests;

public sealed class VolumeTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("agent-volumes-").FullName;
    private readonly FakeMounter _mounter = new();
    private readonly EnvironmentTests.Objects _objects = new();

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public void An_update_is_atomic_and_keeps_the_layout()
    {
        var writer = new AtomicWriter(_mounter);
        var target = Path.Combine(_directory, "v");
        Directory.CreateDirectory(target);
        Assert.True(writer.Write(target, [File_("a", "1"), File_("d/b", "2")], null, DateTimeOffset.UnixEpoch));
        Assert.False(writer.Write(target, [File_("a", "1"), File_("d/b", "2")], null, DateTimeOffset.UnixEpoch));
        Assert.Equal("..data/a", new FileInfo(Path.Combine(target, "a")).LinkTarget);
        Assert.Equal("2", File.ReadAllText(Path.Combine(target, "d/b")));
        var first = new FileInfo(Path.Combine(target, "..data")).LinkTarget;
        Assert.True(writer.Write(target, [File_("a", "new"), File_("c", "3")], null, DateTimeOffset.UnixEpoch));
        Assert.NotEqual(first, new FileInfo(Path.Combine(target, "..data")).LinkTarget);
        Assert.False(Directory.Exists(Path.Combine(target, first!)));
        Assert.Equal(["..data", "a", "c"], Directory.GetFileSystemEntries(target).Select(e => Path.GetFileName(e)!)
            .Where(e => !e.StartsWith("..1970", StringComparison.Ordinal)).Order(StringComparer.Ordinal));
        Assert.Equal("new", File.ReadAllText(Path.Combine(target, "a")));
    }

    [Fact]
    public async Task Every_kind_of_volume()
    {
        _objects.Maps["m"] = """{"metadata":{"name":"m"},"data":{"k":"v","x":"y"},"binaryData":{"bin":"AQI="}}""";
        _objects.Secrets["s"] = """{"metadata":{"name":"s"},"data":{"p":"c2VjcmV0"}}""";
        var (volumes, fields) = Volumes($$$$"""
            [{"name":"e","emptyDir":{}},{"name":"t","emptyDir":{"medium":"Memory","sizeLimit":"1Mi"}},{"name":"m","configMap":{"name":"m","defaultMode":256}},
             {"name":"i","configMap":{"name":"m","items":[{"key":"k","path":"sub/k","mode":292}]}},{"name":"s","secret":{"secretName":"s"}},{"name":"o","secret":{"secretName":"none","optional":true}},
             {"name":"d","downwardAPI":{"items":[{"path":"labels","fieldRef":{"fieldPath":"metadata.labels"}}]}},
             {"name":"pr","projected":{"sources":[{"configMap":{"name":"m"}},{"secret":{"name":"s"}},{"downwardAPI":{"items":[{"path":"cpu","resourceFieldRef":{"containerName":"c","resource":"limits.cpu"}}]}}]}},
             {"name":"h","hostPath":{"path":"{{{{_directory}}}}/made","type":"DirectoryOrCreate"}}]
            """);
        await volumes.SetUpAsync(fields, default);
        string At(string name) => volumes.PathOf(fields.Pod, fields.Pod.Spec!.Volumes!.Single(v => v.Name == name));
        Assert.True(Directory.Exists(At("e")));
        Assert.Equal(1 << 20, _mounter.Tmpfs[At("t")]);
        Assert.Equal("v", File.ReadAllText(Path.Combine(At("m"), "k")));
        Assert.Equal([1, 2], File.ReadAllBytes(Path.Combine(At("m"), "bin")));
        Assert.Equal(UnixFileMode.UserRead, File.GetUnixFileMode(Path.Combine(At("m"), "..data", "k")));
        Assert.Equal("v", File.ReadAllText(Path.Combine(At("i"), "sub/k")));
        Assert.False(File.Exists(Path.Combine(At("i"), "x")));
        Assert.Equal("secret", File.ReadAllText(Path.Combine(At("s"), "p")));
        Assert.True(_mounter.Tmpfs.ContainsKey(At("s")), "secrets are in memory only");
        Assert.Equal("a=\"b\"\nc=\"\\\"q\\\"\"", File.ReadAllText(Path.Combine(At("d"), "labels")));
        Assert.Equal("4", File.ReadAllText(Path.Combine(At("pr"), "cpu")));
        Assert.Equal("secret", File.ReadAllText(Path.Combine(At("pr"), "p")));
        Assert.True(Directory.Exists(Path.Combine(_directory, "made")));

        _objects.Maps["m"] = """{"metadata":{"name":"m"},"data":{"k":"changed"}}""";
        await volumes.SetUpAsync(fields, default);
        Assert.Equal("changed", File.ReadAllText(Path.Combine(At("m"), "k")));
        Assert.False(File.Exists(Path.Combine(At("m"), "x")));

        volumes.Remove(fields.Pod.Uid());
        Assert.False(Directory.Exists(Path.Combine(_directory, "pods/u")));
        Assert.Empty(_mounter.Tmpfs);
    }

    [Theory]
    [InlineData("""{"configMap":{"name":"none"}}""", "configmap \"none\" not found")]
    [InlineData("""{"configMap":{"name":"m","items":[{"key":"none","path":"x"}]}}""", "references non-existent config key: none")]
    [InlineData("""{"configMap":{"name":"m","items":[{"key":"k","path":"../x"}]}}""", "invalid path \"../x\"")]
    [InlineData("""{"secret":{"secretName":"none"}}""", "secret \"none\" not found")]
    [InlineData("""{"persistentVolumeClaim":{"claimName":"x"}}""", "volumes of type persistentVolumeClaim are not supported by this node")]
    [InlineData("""{"projected":{"sources":[{"serviceAccountToken":{"path":"t"}}]}}""", "projected volume source serviceAccountToken is not supported by this node")]
    [InlineData("""{"hostPath":{"path":"/does/not/exist","type":"Directory"}}""", "hostPath type check failed: /does/not/exist is not a directory")]
    public async Task What_cannot_be_set_up_is_said(string source, string message)
    {
        _objects.Maps["m"] = """{"metadata":{"name":"m"},"data":{"k":"v"}}""";
        var (volumes, fields) = Volumes($$$$"""[{"name":"v",{{{{source[1..]}}}}]""");
        Assert.Equal($"MountVolume.SetUp failed for volume \"v\" : {message}",
            (await Assert.ThrowsAsync<VolumeException>(() => volumes.SetUpAsync(fields, default))).Message);
    }

    [Fact]
    public async Task FsGroup_owns_files()
    {
        _objects.Maps["m"] = """{"metadata":{"name":"m"},"data":{"k":"v"}}""";
        var (volumes, fields) = Volumes("""[{"name":"m","configMap":{"name":"m","defaultMode":256}}]""", """ "securityContext":{"fsGroup":77}, """);
        await volumes.SetUpAsync(fields, default);
        var file = Directory.GetFiles(_directory, "k", SearchOption.AllDirectories).First(f => new FileInfo(f).LinkTarget is null);
        Assert.Equal(77, _mounter.Groups.First(g => g.Key.EndsWith("/k", StringComparison.Ordinal)).Value);
        Assert.True(File.GetUnixFileMode(file).HasFlag(UnixFileMode.GroupRead));
    }

    [Fact]
    public async Task A_sub_path_stays_in_its_volume()
    {
        _objects.Maps["m"] = """{"metadata":{"name":"m"},"data":{"k":"v"}}""";
        var (volumes, fields) = Volumes("""[{"name":"m","configMap":{"name":"m"}},{"name":"e","emptyDir":{}}]""");
        await volumes.SetUpAsync(fields, default);
        var mounts = new ContainerMounts(volumes, new PodPaths(_directory, _directory));
        var empty = volumes.PathOf(fields.Pod, fields.Pod.Spec!.Volumes![1]);
        File.CreateSymbolicLink(Path.Combine(empty, "evil"), "/etc");
        IReadOnlyList<Cri.V1.Mount> Of(string mount) =>
            mounts.Of(fields.Pod, new Container
            {
                Name = "c",
                VolumeMounts = [ModelJson.Parse<VolumeMount>(System.Text.Encoding.UTF8.GetBytes(mount))]
            },
            new Dictionary<string, string> { ["A"] = "x" }, null);
        var file = Of("""{"name":"m","mountPath":"/f","subPath":"k"}""")[0];
        Assert.Equal("v", File.ReadAllText(file.HostPath));
        Assert.Null(new FileInfo(file.HostPath).LinkTarget);
        Assert.EndsWith("/x", Of("""{"name":"e","mountPath":"/f","subPathExpr":"$(A)"}""")[0].HostPath);
        Assert.Throws<ContainerConfigException>(() => Of("""{"name":"e","mountPath":"/f","subPath":"evil"}"""));
        Assert.Throws<ContainerConfigException>(() => Of("""{"name":"e","mountPath":"/f","subPath":"../x"}"""));
        // What is made is as open as the volume, on each level; nothing is made through a link that leads out.
        var deep = Of("""{"name":"e","mountPath":"/f","subPath":"a/b"}""")[0].HostPath;
        Assert.Equal(File.GetUnixFileMode(empty), File.GetUnixFileMode(deep));
        Assert.Equal(File.GetUnixFileMode(empty), File.GetUnixFileMode(Path.GetDirectoryName(deep)!));
        var outside = Path.Combine(_directory, "outside");
        Directory.CreateDirectory(outside);
        File.CreateSymbolicLink(Path.Combine(empty, "out"), outside);
        Assert.Throws<ContainerConfigException>(() => Of("""{"name":"e","mountPath":"/f","subPath":"out/made"}"""));
        Assert.Empty(Directory.GetFileSystemEntries(outside));
        Assert.Throws<ContainerConfigException>(() => Of("""{"name":"absent","mountPath":"/f"}"""));
        Assert.Contains(Of("""{"name":"e","mountPath":"/f"}"""), m => m.ContainerPath == "/etc/hosts");
    }

    private static VolumeFile File_(string path, string text) => new(path, System.Text.Encoding.UTF8.GetBytes(text), 0b110_100_100);

    private (PodVolumes, DownwardFields) Volumes(string volumes, string spec = "")
    {
        var pod = TestPods.Parse($$$$"""{"metadata":{"name":"p","namespace":"n","uid":"u","labels":{"a":"b","c":"\"q\""}},"spec":{ {{{{spec}}}} "volumes":{{{{volumes}}}},"containers":[{"name":"c"}]}}""");
        return (new PodVolumes(_objects, _mounter, new PodPaths(_directory, _directory), TimeProvider.System),
            EnvironmentTests.Fields(pod));
    }
}
