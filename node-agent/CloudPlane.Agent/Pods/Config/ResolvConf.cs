namespace CloudPlane.Agent;

/// <summary>The host's resolver configuration.</summary>
internal sealed record ResolvConf(IReadOnlyList<string> Servers, IReadOnlyList<string> Searches, IReadOnlyList<string> Options)
{
    // systemd-resolved's stub listens on the host's loopback, which no pod can reach; this file has the real servers.
    private const string ResolvedFile = "/run/systemd/resolve/resolv.conf";

    public static ResolvConf ReadHost()
    {
        var conf = ReadFile("/etc/resolv.conf");
        return conf.Servers.Count > 0 && conf.Servers.All(s => s.StartsWith("127.", StringComparison.Ordinal)) && File.Exists(ResolvedFile)
            ? ReadFile(ResolvedFile) : conf;
    }

    public static ResolvConf Parse(string text)
    {
        List<string> servers = [], searches = [], options = [];
        foreach (var line in text.Split('\n'))
        {
            var words = line.Split((char[])[' ', '\t', '\r'], StringSplitOptions.RemoveEmptyEntries);
            if (words.Length < 2 || words[0][0] is '#' or ';') continue;
            switch (words[0])
            {
                case "nameserver": servers.Add(words[1]); break;
                // The last line of them wins (resolv.conf(5)).
                case "search": searches = [.. words[1..].Select(w => w == "." ? w : w.TrimEnd('.'))]; break;
                case "domain" when searches.Count == 0: searches = [words[1]]; break;
                case "options": options.AddRange(words[1..]); break;
            }
        }
        return new ResolvConf(servers, searches, options);
    }

    private static ResolvConf ReadFile(string path)
    {
        try
        {
            return Parse(File.ReadAllText(path));
        }
        catch (IOException)
        {
            return new ResolvConf([], [], []);
        }
    }
}
