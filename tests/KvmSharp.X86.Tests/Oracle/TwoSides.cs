using System;

namespace KvmSharp.X86.Tests.Oracle;

/// <summary>
/// One case on the host's CPU and on the software CPU: the registers and the window of memory that it begins from, and what
/// each side makes of them. Used again for the next case.
/// </summary>
/// <param name="software">The software CPU.</param>
/// <param name="oracle">The host's, or none.</param>
/// <param name="window">Where the window lies.</param>
sealed class TwoSides(UserModeGuest software, HardwareOracle? oracle, ulong window)
{
    /// <summary>The state that both begin from.</summary>
    internal UserState Before { get; } = NewState();

    /// <inheritdoc cref="Before"/>
    internal byte[] WindowBefore { get; } = new byte[HardwareOracle.WindowSize];

    internal UserState Host { get; } = new();

    internal byte[] WindowHost { get; } = new byte[HardwareOracle.WindowSize];

    internal UserState Ours { get; } = new();

    internal byte[] WindowOurs { get; } = new byte[HardwareOracle.WindowSize];

    /// <summary>The fault that ended the case on the host, or <see cref="HardwareOracle.NoTrap"/>.</summary>
    internal int HostTrap { get; private set; }

    /// <summary>The same on the software CPU.</summary>
    internal int OurTrap { get; private set; }

    internal void RunOurs(ulong address)
    {
        Before.CopyTo(Ours);
        WindowBefore.CopyTo(WindowOurs, 0);
        OurTrap = software.Run(address, Ours, window, WindowOurs);
    }

    /// <summary>Runs the case on the host's CPU, which there is.</summary>
    internal void RunHost(ulong address)
    {
        Before.CopyTo(Host);
        WindowBefore.CopyTo(oracle!.Window);
        HostTrap = oracle.Run(address, Host);
        oracle.Window.CopyTo(WindowHost);
    }

    /// <summary>Whether both have come to the same.</summary>
    /// <param name="undefined">Flags that may differ.</param>
    internal bool Agree(ulong undefined) =>
        HostTrap == OurTrap && StateComparison.AreEqual(Host, Ours, undefined) && WindowHost.AsSpan().SequenceEqual(WindowOurs);

    /// <summary>Adds what the software CPU has come to to a sum.</summary>
    internal ulong AddOursTo(ulong sum, ulong undefined) => StateSum.Add(sum, OurTrap, Ours, WindowOurs, undefined);

    /// <summary>What differs, as text.</summary>
    internal string Describe(ulong undefined) =>
        StateComparison.Describe(Before, Host, Ours, undefined)
        + StateComparison.DescribeWindow(WindowBefore, WindowHost, WindowOurs);

    static UserState NewState()
    {
        var state = new UserState();
        state.Reset();
        return state;
    }
}
