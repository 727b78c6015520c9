using Xunit;

namespace KvmSharp.Tests.Machines;

/// <summary>A test of every backend; this one is everywhere.</summary>
public sealed class BackendFactAttribute : FactAttribute;
