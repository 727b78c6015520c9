using KvmSharp.Hardware.Tests;
using Xunit;

namespace KvmSharp.Tests.Machines;

/// <summary>A test of every backend; this one is where <c>/dev/kvm</c> is.</summary>
public sealed class BackendFactAttribute : FactAttribute
{
    public BackendFactAttribute() => Skip = new KvmFactAttribute().Skip;
}
