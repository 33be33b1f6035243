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
            text.Append("cloudplane-node: the agent of a CloudPlane node. Joins the cluster and runs the pods that are bound to this machine.\n\n");
            text.Append("Usage:\n  cloudplane-node run --server https://... --token T [--ca FILE] [flags]\n  cloudplane-node reset [--name NODE] [--data DIR] [flags]   takes away what the node made on this machine: volumes, network, token\n  cloudplane-node --version\n\nFlags (each can also be set by its environment variable or in the configuration file):\n");
            foreach (var setting in Setting.All) text.Append($"  {$"--{setting.Name} {setting.Value}",-30} {setting.Help}\n  {"",-30} [{setting.Variable}]\n");
            return text.ToString();
        }
    }
}
