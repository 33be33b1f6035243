namespace CloudPlane.Cloud.Tests;

/// <summary>How a deployment differs from others.</summary>
internal sealed record DeploymentOptions
{
    /// <summary>After which an instance without work ends.</summary>
    public TimeSpan Idle { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Whether the tables are in a file, so that they may be restarted.</summary>
    public bool KeepsTables { get; init; }
}
