using System;

namespace KvmSharp.Cli.Perf.Backends;

/// <summary>A machine without vCPUs whose slots are changed and timed: one call a change, nothing else in it.</summary>
interface ISlotTarget : IDisposable
{
    /// <summary>Creates, deletes or moves a slot of a page.</summary>
    /// <param name="id">Which.</param>
    /// <param name="gpa">Where it is to be.</param>
    /// <param name="size">A page, or 0 to delete it.</param>
    /// <param name="hva">Its host memory.</param>
    /// <exception cref="PerfTestException">The change was refused.</exception>
    void Set(ushort id, ulong gpa, ulong size, ulong hva);
}
