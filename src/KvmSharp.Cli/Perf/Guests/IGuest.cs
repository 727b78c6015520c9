using System;
using System.Collections.Generic;

namespace KvmSharp.Cli.Perf.Guests;

/// <summary>A machine with one vCPU, and what executes guest programs on it.</summary>
interface IGuest : IDisposable
{
    /// <summary>The machine. Whoever made the guest gives it memory.</summary>
    VirtualMachine Machine { get; }

    /// <summary>
    /// Waits for the start flag and executes a program until the exit flag is set: see <see cref="SyncPage"/>. To be
    /// called by the vCPU's thread.
    /// </summary>
    /// <param name="program">The program.</param>
    /// <param name="rule">Which of its accesses may find no memory.</param>
    /// <param name="entered">Called when the guest begins.</param>
    /// <exception cref="PerfTestException">A check of the guest's failed, or an access that must not.</exception>
    void Run(IReadOnlyList<GuestStep> program, MmioRule rule, Action entered);
}
