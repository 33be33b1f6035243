using CloudPlane.Agent;

return await AgentProgram.RunAsync(args).ConfigureAwait(false);
