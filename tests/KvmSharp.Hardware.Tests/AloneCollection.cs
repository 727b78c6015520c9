using Xunit;

namespace KvmSharp.Hardware.Tests;

/// <summary>Tests that watch or change what belongs to the whole process run one at a time, and while no other runs.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class AloneCollection
{
    internal const string Name = "alone";
}
