using System;
using KvmSharp.Vcpus;

namespace KvmSharp.Lab.Vcpus.Stores;

// For tests that stage a race.
partial class CachedArrayStore
{
    Action? _testHookBeforeMove;

    /// <summary>A design whose stores call back while the gate is closed, before the vCPUs are asked to move.</summary>
    internal static VcpuStoreDesign DesignWith(Action beforeMove) =>
        new("cached-array", _ => new CachedArrayStore { _testHookBeforeMove = beforeMove });

    partial void CallBeforeMove() => _testHookBeforeMove?.Invoke();
}
