namespace KvmSharp.Lab.Scale;

/// <summary>One kind of work, or one kind of size.</summary>
/// <param name="Name">Its name on the command line and in the results.</param>
/// <param name="Title">What it does, in a few words.</param>
public sealed record ScaleOperation(string Name, string Title);
