using CloudPlane.Client;

namespace CloudPlane.Controllers;

/// <summary>A resource whose changes a controller has to hear of, and which keys each change concerns.</summary>
public abstract class ControllerInput
{
    private ControllerInput()
    {
    }

    /// <summary><see cref="ResourceInfo.StorageName"/> of the resource.</summary>
    public abstract string Resource { get; }

    /// <summary>The controller looks at the changed object itself.</summary>
    public static ControllerInput Self<T>() where T : class, IKubernetesObject<T> => On<T>(change => [ObjectName.Of(change.Latest.Metadata)]);

    /// <summary>The controller looks at the objects of kind <paramref name="ownerKind"/> that control (or controlled) the changed one.</summary>
    public static ControllerInput Controlled<T>(string ownerKind) where T : class, IKubernetesObject<T> =>
        On<T>(change => ControllersOf(change, ownerKind));

    /// <summary>The keys follow from the change alone.</summary>
    public static ControllerInput On<T>(Func<ObjectChange<T>, IEnumerable<ObjectName>> keys) where T : class, IKubernetesObject<T> =>
        new Typed<T>((change, _) => ValueTask.FromResult(keys(change)));

    /// <summary>Finding the keys takes a look at other objects.</summary>
    public static ControllerInput OnAsync<T>(Func<ObjectChange<T>, CancellationToken, ValueTask<IEnumerable<ObjectName>>> keys)
        where T : class, IKubernetesObject<T> => new Typed<T>(keys);

    internal abstract void AddTo(ChangeRouter router, string controller);

    private static IEnumerable<ObjectName> ControllersOf<T>(ObjectChange<T> change, string ownerKind) where T : class, IKubernetesObject<T>
    {
        var @namespace = change.Latest.Metadata.Namespace ?? "";
        var now = change.Current?.Metadata.ControllerOfKind(ownerKind);
        var before = change.Previous?.Metadata.ControllerOfKind(ownerKind);
        if (now is not null)
        {
            yield return new ObjectName(@namespace, now.Name!);
        }
        // An object that changed hands concerns the owner that lost it, too.
        if (before is not null && before.Uid != now?.Uid)
        {
            yield return new ObjectName(@namespace, before.Name!);
        }
    }

    private sealed class Typed<T>(Func<ObjectChange<T>, CancellationToken, ValueTask<IEnumerable<ObjectName>>> keys) : ControllerInput
        where T : class, IKubernetesObject<T>
    {
        public override string Resource => T.Resource.StorageName;

        internal override void AddTo(ChangeRouter router, string controller) => router.Add(controller, keys);
    }
}

/// <summary>A reconciler with all that the bus and the router need to know of it.</summary>
public sealed record ControllerRegistration(IReconciler Reconciler, IReadOnlyList<ControllerInput> Inputs)
{
    /// <summary>How many keys of this controller may be worked on at once.</summary>
    public int Concurrency { get; init; } = 4;
}
