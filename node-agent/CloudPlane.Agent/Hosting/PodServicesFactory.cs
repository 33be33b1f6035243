using CloudPlane.Client;
using CloudPlane.Cri;

namespace CloudPlane.Agent;

/// <summary>Puts together what the pods' actors share.</summary>
internal static class PodServicesFactory
{
    public static PodServices Create(
        AgentOptions options, NodeFacts facts, ApiClient api, ICriRuntime runtime, IMounter mounter, RuntimeHealth health,
            Func<IEnumerable<Service>> services,
        NodeEvents events, IProber prober, HttpProber http, TimeProvider time, AgentLog log)
    {
        var paths = new PodPaths(options.DataDirectory, options.PodLogDirectory);
        var objects = new ObjectSource(api, time);
        var images = new ImagePuller(runtime, objects, events, time);
        var volumes = new PodVolumes(objects, mounter, paths, time);
        var hooks = new LifecycleHooks(runtime, http, time);
        var reader = new RuntimeReader(runtime, new TerminationMessages(), options.NodeName);
        var configs = new ContainerConfigs(options, paths, facts.MemoryBytes);
        return new PodServices
        {
            Options = options,
            Api = api,
            Runtime = runtime,
            Reader = reader,
            MemoryKills = new MemoryKills(options.CgroupRoot),
            Images = images,
            Volumes = volumes,
            Objects = objects,
            Paths = paths,
            Sandboxes = new SandboxStarter(runtime, reader, new SandboxConfigs(options, paths, ResolvConf.ReadHost()), paths),
            Starter = new ContainerStarter(runtime, images, new EnvironmentBuilder(objects, services), new ContainerMounts(volumes, paths),
                configs, hooks, paths, events, time),
            Stopper = new ContainerStopper(runtime, hooks, events, time),
            Prober = prober,
            Events = events,
            Facts = facts,
            Health = health,
            Index = new ContainerIndex(),
            Time = time,
            Log = log,
        };
    }
}
