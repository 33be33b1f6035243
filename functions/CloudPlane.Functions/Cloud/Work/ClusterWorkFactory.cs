using CloudPlane.Api;
using CloudPlane.Client;
using CloudPlane.Controllers;
using CloudPlane.Scheduling;
using CloudPlane.Storage;

namespace CloudPlane.Functions;

/// <summary>Makes a cluster's reconcilers for this process.</summary>
/// <param name="settings">The deployment's.</param>
/// <param name="state">The store that is read; writes go through the API, and so through the outbox.</param>
/// <param name="api">Where reconcilers write.</param>
internal sealed class ClusterWorkFactory(
    HandlerSettings settings, IStateStore state, ApiServer api, IWorkQueue queue, INodeBells bells, TimeProvider time, Random random)
{
    /// <summary>A cluster's work, with empty replicas.</summary>
    public ClusterWork Make(string cluster)
    {
        var feed = new StoreChangeFeed(state, cluster);
        var replicas = new Replicas(feed);
        var options = new ControllerOptions
        {
            Cluster = cluster,
            NodeMonitorGracePeriod = settings.NodeGrace,
            NodeStartupGracePeriod = settings.NodeGrace,
            // Looks that fall together merge, however many were armed: the queue keeps one message for each moment.
            NodeLookPeriod = settings.Heartbeat,
            PodNetwork = settings.PodNetwork.ToString(),
            // No process lives long enough to remember when it first missed a node.
            MissingNodeQuarantine = TimeSpan.Zero,
            GraceFromStart = false,
        };
        var scheduler = new Scheduler(replicas, ClientOf(cluster, "system:kube-scheduler"), time, random);
        var controllers = new ControllerSet(
            ClientOf(cluster, "system:kube-controller-manager"), replicas, feed, time, random, options, [SchedulerRegistration.Of(scheduler)]);
        return new ClusterWork(state, controllers, options, feed, new NodeConcerns(replicas), queue, bells, time);
    }

    /// <summary>A client of the API inside this process.</summary>
    public ApiClient ClientOf(string cluster, string user) => new(new InProcessTransport(api, cluster, ApiUser.ControlPlane(user)));
}
