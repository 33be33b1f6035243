using CloudPlane.Generator;

// Writes what is checked in from facts, so that a test can tell when the two differ.
return args switch
{
    ["catalog", var reference, ..] => CatalogCommand.Run(reference, args.ElementAtOrDefault(2)),
    ["protobuf", var goTypes] => ProtobufCommand.Run(goTypes, RepositoryRoot.Find(Environment.CurrentDirectory)),
    ["models"] => ModelsCommand.Run(RepositoryRoot.Find(Environment.CurrentDirectory)),
    _ => Usage(),
};

static int Usage()
{
    Console.Error.WriteLine("""
        usage: dotnet run --project tools/CloudPlane.Generator -- <command>
          catalog REFERENCE [OUTPUT]   functions/CloudPlane.Schema/Catalog/{types,resources}.json from REFERENCE/{types,resources}.json
          protobuf GOTYPES             functions/CloudPlane.Schema/Catalog/protobuf.txt from GOTYPES/{api,apimachinery}
          models                       node-agent/CloudPlane.Client/Models/Generated/*.g.cs from that catalog
        """);
    return 2;
}
