namespace CloudPlane.Cloud.Tests;

/// <summary>How a deployment differs from others.</summary>
internal sealed record DeploymentOptions
{
    /// <summary>After which an instance without work ends.</summary>
    public TimeSpan Idle { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>How many there are at most for each kind of work. Requests are spread over two from the first on, if there may be two.</summary>
    public int Instances { get; init; } = 8;

    /// <summary>Of the work queue's sessions. Shorter than the template's: that of an instance which was killed runs out sooner, which saves tests time.</summary>
    public TimeSpan SessionLock { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Whether the tables are in a file, so that they may be restarted.</summary>
    public bool KeepsTables { get; init; }
}
