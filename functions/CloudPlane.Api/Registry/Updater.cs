namespace CloudPlane.Api;
/// <summary>PUT of an object or of its status; namespaces/finalize too.</summary>
internal sealed class Updater(UpdateFlow flow, Responder responder)
{
    private const int Attempts = 10;

    public async ValueTask UpdateAsync(Operation operation)
    {
        var options = WriteOptions.Parse(operation.Query, "UpdateOptions");
        var body = await RequestBody.ReadJsonAsync(operation.Request, operation.Resource.Schema, operation.Aborted);
        var document = BodyDecoder.Decode(operation, ExpectedKind.Of(operation.Resource), body, options.FieldValidation);
        // The flow changes what it gets, so each attempt gets its own copy.
        var kind = new UpdateKind(operation.Subresource?.Name, Insists: true, Attempts);
        var stored = await flow.RunAsync(operation, kind, options.DryRun, _ => document.DeepClone().AsObject());
        await responder.ObjectAsync(operation, stored);
    }
}
