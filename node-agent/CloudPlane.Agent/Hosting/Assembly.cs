using System.Runtime.CompilerServices;
using System.Runtime.Versioning;

// containerd, mounts, modes: the agent is a Linux program.
[assembly: SupportedOSPlatform("linux")]
[assembly: InternalsVisibleTo("CloudPlane.Agent.Tests")]
