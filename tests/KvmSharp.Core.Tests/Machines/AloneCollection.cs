using Xunit;

namespace KvmSharp.Tests.Machines;

/// <summary>Tests that need the processors, or the heap, for themselves.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class AloneCollection
{
    public const string Name = "Alone";
}
