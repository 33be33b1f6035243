using CloudPlane.Client;

namespace CloudPlane.Controllers.Tests;

/// <summary>An API server and its store under a simulation: every call is answered on the spot, on the caller's thread.</summary>
internal interface ISimulatedServer
{
    /// <summary>The store's changes; completes synchronously.</summary>
    IChangeFeed Feed { get; }

    ApiAnswer Send(ApiCall call);
}
