using CloudPlane.Client;

namespace CloudPlane.Controllers;

/// <summary>Turns a resource's changes into wake-ups: parses each document once and asks every input of that resource for keys.</summary>
public sealed class ChangeRouter
{
    private readonly string _cluster;
    // A resource can be read as more than one type: whole, or its metadata only.
    private readonly Dictionary<string, List<Route>> _routes = [];

    public ChangeRouter(string cluster, IEnumerable<ControllerRegistration> controllers)
    {
        _cluster = cluster;
        foreach (var controller in controllers)
        {
            foreach (var input in controller.Inputs)
            {
                input.AddTo(this, controller.Reconciler.Name);
            }
        }
    }

    /// <summary>The resources (<see cref="ResourceInfo.StorageName"/>) that somebody wants to hear of.</summary>
    public IReadOnlyCollection<string> Resources => _routes.Keys;

    /// <summary>The wake-ups that a change calls for. Throws what a lookup throws; the caller asks again.</summary>
    public async ValueTask<IReadOnlyCollection<ReconcileMessage>> RouteAsync(string resource, FeedChange change, CancellationToken cancellationToken)
    {
        var messages = new HashSet<ReconcileMessage>();
        foreach (var route in _routes[resource])
        {
            await route.RouteAsync(_cluster, change, messages, cancellationToken).ConfigureAwait(false);
        }
        return messages;
    }

    internal void Add<T>(string controller, Func<ObjectChange<T>, CancellationToken, ValueTask<IEnumerable<ObjectName>>> keys)
        where T : class, IKubernetesObject<T>
    {
        if (!_routes.TryGetValue(T.Resource.StorageName, out var routes))
        {
            _routes[T.Resource.StorageName] = routes = [];
        }
        var route = routes.OfType<Route<T>>().FirstOrDefault();
        if (route is null)
        {
            routes.Add(route = new Route<T>());
        }
        route.Targets.Add((controller, keys));
    }

    private abstract class Route
    {
        public abstract ValueTask RouteAsync(
            string cluster, FeedChange change, HashSet<ReconcileMessage> messages, CancellationToken cancellationToken);
    }

    private sealed class Route<T> : Route where T : class, IKubernetesObject<T>
    {
        public List<(string Controller, Func<ObjectChange<T>, CancellationToken, ValueTask<IEnumerable<ObjectName>>> Keys)> Targets { get; } = [];

        public override async ValueTask RouteAsync(
            string cluster, FeedChange change, HashSet<ReconcileMessage> messages, CancellationToken cancellationToken)
        {
            var typed = Parse(change);
            foreach (var (controller, keys) in Targets)
            {
                foreach (var name in await keys(typed, cancellationToken).ConfigureAwait(false))
                {
                    messages.Add(new ReconcileMessage(controller, new ReconcileKey(cluster, name.Namespace, name.Name), change.Revision));
                }
            }
        }

        private static ObjectChange<T> Parse(FeedChange change)
        {
            var document = Parse(change.Document);
            return change.Deleted
                ? new ObjectChange<T>(document, null)
                : new ObjectChange<T>(change.Previous.IsEmpty ? null : Parse(change.Previous), document);
        }

        private static T Parse(ReadOnlyMemory<byte> document) => ModelJson.Parse<T>(document.Span);
    }
}
