using System.Text;

namespace CloudPlane.Agent;

internal static class Usage
{
    /// <summary>The answer to --help.</summary>
    public static string Text
    {
        get
        {
            var text = new StringBuilder();
            text.Append("""
                cloudplane-node: the agent of a CloudPlane node. Joins the cluster and runs the pods that are bound to this machine.

                Usage:
                  cloudplane-node run --server https://... --token T [--ca FILE] [flags]
                  cloudplane-node reset [--name NODE] [--data DIR] [flags]
                      takes away what the node made on this machine: volumes, network, token
                  cloudplane-node --version

                Flags (each can also be set by its environment variable or in the configuration file):

                """);
            foreach (var setting in Setting.All)
                text.Append($"  {$"--{setting.Name} {setting.Value}",-30} {setting.Help}\n  {"",-30} [{setting.Variable}]\n");
            return text.ToString();
        }
    }
}
