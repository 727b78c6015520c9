using System;
using System.Globalization;

namespace KvmSharp.Vcpus;

/// <summary>Something a vCPU is to do before it runs guest code again. Numbers and meanings are KVM's.</summary>
/// <remarks>Numbers 0–3 are generic, 4–7 are not used, 8 and above belong to the architecture.</remarks>
public readonly record struct VcpuRequest
{
    const int FirstArchitectural = 8;
    const int LastArchitectural = 61;
    const int VcpusMovedNumber = 63;

    VcpuRequest(int number, VcpuRequestOptions options)
    {
        Number = number;
        Options = options;
    }

    /// <summary>Drop all cached translations. Served by the memory view itself; nobody has to poll for it.</summary>
    public static VcpuRequest TlbFlush => new(0, VcpuRequestOptions.Wait | VcpuRequestOptions.NoWakeup);

    /// <summary>The machine is dead; do not enter the guest again.</summary>
    public static VcpuRequest MachineDead => new(1, VcpuRequestOptions.Wait | VcpuRequestOptions.NoWakeup);

    /// <summary>Stop waiting.</summary>
    public static VcpuRequest Unblock => new(2, VcpuRequestOptions.None);

    /// <summary>The dirty ring is nearly full.</summary>
    public static VcpuRequest DirtyRingSoftFull => new(3, VcpuRequestOptions.None);

    /// <summary>
    /// Leave guest mode once: nothing is recorded and nothing has to be served; it returns when the vCPU uses none of the
    /// translations it had.
    /// </summary>
    public static VcpuRequest OutsideGuestMode =>
        new(-1, VcpuRequestOptions.Wait | VcpuRequestOptions.NoWakeup | VcpuRequestOptions.NoAction);

    /// <summary>The vCPUs lie in another array: replace the pointer to it. Taken by the vCPU itself when it next looks.</summary>
    internal static VcpuRequest VcpusMoved =>
        new(VcpusMovedNumber, VcpuRequestOptions.Wait | VcpuRequestOptions.NoWakeup);

    /// <summary>The number of the request, or −1 when it is not recorded.</summary>
    public int Number { get; }

    /// <summary>How it is delivered.</summary>
    public VcpuRequestOptions Options { get; }

    internal long Bit => Number < 0 ? 0 : 1L << Number;

    /// <summary>A request of the architecture's own.</summary>
    /// <param name="number">8 … 61.</param>
    /// <param name="options">How it is delivered.</param>
    public static VcpuRequest Architectural(int number, VcpuRequestOptions options = VcpuRequestOptions.None)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(number, FirstArchitectural);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(number, LastArchitectural);
        return new VcpuRequest(number, options);
    }

    /// <summary>The request of a number that was read from the pending ones; how it was delivered no longer matters.</summary>
    internal static VcpuRequest OfNumber(int number) => number switch
    {
        0 => TlbFlush,
        1 => MachineDead,
        _ => new VcpuRequest(number, VcpuRequestOptions.None),
    };

    /// <summary>The number.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"request:{Number}");
}

/// <summary>How a request is delivered.</summary>
[Flags]
public enum VcpuRequestOptions
{
    /// <summary>It wakes a blocked vCPU and does not wait.</summary>
    None = 0,

    /// <summary>A blocked vCPU is left blocked; it will look when it wakes.</summary>
    NoWakeup = 1,

    /// <summary>The call returns when the vCPU no longer uses anything it had found before.</summary>
    Wait = 2,

    /// <summary>Nothing is recorded.</summary>
    NoAction = 4,
}
