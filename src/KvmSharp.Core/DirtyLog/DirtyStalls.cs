using System;

namespace KvmSharp.DirtyLog;

/// <summary>How long dirty logging has held vCPUs back since the machine was made, by cause.</summary>
/// <param name="WriteFaults">
/// Faults in which a vCPU recorded that it writes a page: the time of the vCPUs themselves, added up. Waiting for one
/// of the others is part of it.
/// </param>
/// <param name="Splits">
/// Large leaves cut into pages: the time the MMU lock was held for the work in which that happened. A vCPU that faulted
/// meanwhile waited so long at most; one that did not, not at all.
/// </param>
/// <param name="Flushes">
/// Times the vCPUs were made to forget cached translations: the time until all had answered. A vCPU that runs loses less.
/// </param>
public readonly record struct DirtyStalls(DirtyStall WriteFaults, DirtyStall Splits, DirtyStall Flushes)
{
    /// <summary>What has come on top since an earlier reading.</summary>
    public static DirtyStalls operator -(DirtyStalls left, DirtyStalls right) => new(
        left.WriteFaults - right.WriteFaults, left.Splits - right.Splits, left.Flushes - right.Flushes);
}

/// <summary>One cause of being held back.</summary>
/// <param name="Count">How often.</param>
/// <param name="Time">How long in all.</param>
public readonly record struct DirtyStall(long Count, TimeSpan Time)
{
    /// <summary>What has come on top since an earlier reading.</summary>
    public static DirtyStall operator -(DirtyStall left, DirtyStall right) =>
        new(left.Count - right.Count, left.Time - right.Time);
}
