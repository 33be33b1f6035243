using System.Text.Json;

namespace CloudPlane.Generator;

/// <summary>`models`: writes the typed records of CloudPlane.Client from the catalog.</summary>
public static class ModelsCommand
{
    /// <summary>Where the records go, below the repository's root.</summary>
    public const string OutputFolder = "node-agent/CloudPlane.Client/Models/Generated";

    /// <summary>The catalog they come from, below the repository's root.</summary>
    public const string CatalogFile = "functions/CloudPlane.Schema/Catalog/types.json";

    /// <summary>Writes the files, and removes those that are no longer generated.</summary>
    public static int Run(string repository)
    {
        var files = Generate(File.ReadAllBytes(Path.Combine(repository, CatalogFile)));
        var folder = Directory.CreateDirectory(Path.Combine(repository, OutputFolder)).FullName;
        foreach (var stale in Directory.EnumerateFiles(folder, "*.g.cs").Where(f => !files.ContainsKey(Path.GetFileName(f))))
            File.Delete(stale);
        foreach (var (name, text) in files)
            File.WriteAllText(Path.Combine(folder, name), text);
        Console.WriteLine($"{files.Count} files in {OutputFolder}");
        return 0;
    }

    /// <summary>File name to text, for a catalog's bytes.</summary>
    public static IReadOnlyDictionary<string, string> Generate(ReadOnlyMemory<byte> typesJson)
    {
        using var catalog = JsonDocument.Parse(typesJson);
        var types = ReadTypes(catalog.RootElement);
        var files = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var file in AssignFiles(types).GroupBy(t => t.Value, t => types[t.Key]))
            files[file.Key + ".g.cs"] = ModelWriter.WriteFile(file.OrderBy(t => t.ShortName, StringComparer.Ordinal));
        return files;
    }

    private static Dictionary<string, ModelType> ReadTypes(JsonElement catalog)
    {
        var types = new Dictionary<string, ModelType>();
        var pending = new Queue<string>(ModelSelection.Roots);
        while (pending.TryDequeue(out var name))
        {
            if (types.ContainsKey(name)) continue;
            types[name] = ModelType.From(name, catalog.GetProperty(name));
            foreach (var reached in types[name].Fields.SelectMany(f => f.Shape.Refs())) pending.Enqueue(reached);
        }
        var clash = types.Values.GroupBy(t => t.ShortName).FirstOrDefault(g => g.Count() > 1);
        return clash is null ? types : throw new InvalidOperationException($"two types are called {clash.Key}");
    }

    private static Dictionary<string, string> AssignFiles(Dictionary<string, ModelType> types)
    {
        var files = new Dictionary<string, string>();
        foreach (var root in ModelSelection.Roots)
            Claim(root, types[root].ShortName);
        return files;

        void Claim(string name, string file)
        {
            if (!files.TryAdd(name, name.StartsWith("io.k8s.apimachinery.", StringComparison.Ordinal) ? "Meta" : file)) return;
            foreach (var reached in types[name].Fields.SelectMany(f => f.Shape.Refs())) Claim(reached, file);
        }
    }
}
