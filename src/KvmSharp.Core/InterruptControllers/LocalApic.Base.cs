using System.Threading;
using static KvmSharp.InterruptControllers.ApicRegister;

namespace KvmSharp.InterruptControllers;

// IA32_APIC_BASE: where the registers lie, and whether there is an APIC at all.
partial class LocalApic
{
    /// <summary>Where the registers lie after power-on.</summary>
    public const ulong DefaultBase = 0xFEE0_0000;

    const ulong BootProcessor = 1 << 8;
    const ulong X2Enabled = 1 << 10;
    const ulong Enabled = 1 << 11;
    const ulong ReservedLow = 0x2FF;
    const ulong AddressMask = ~0xFFFUL;

    // Written by the owner, read by anyone with Volatile.Read.
    ulong _base;

    /// <summary>The base register's value.</summary>
    public ulong BaseRegister => Volatile.Read(ref _base);

    /// <summary>Whether it is switched on in the base register.</summary>
    public bool IsEnabled => (BaseRegister & Enabled) != 0;

    /// <summary>Whether the registers are MSRs, and ids have 32 bits.</summary>
    public bool IsX2 => (BaseRegister & (Enabled | X2Enabled)) == (Enabled | X2Enabled);

    /// <summary>Writes the base register.</summary>
    /// <param name="value">The value.</param>
    /// <param name="hasX2">Whether the guest was told of x2APIC mode.</param>
    /// <param name="byHost">Whether the host sets state, which may change between any two modes.</param>
    /// <returns>Whether it can have this value.</returns>
    public bool TrySetBase(ulong value, bool hasX2, bool byHost)
    {
        int addressBits = _vcpu.Machine.Options.GuestAddressBits;
        ulong reserved = ReservedLow | (hasX2 ? 0 : X2Enabled) | ~((1UL << addressBits) - 1);
        ulong old = _base;
        if ((value & reserved) != 0 || (value & (Enabled | X2Enabled)) == X2Enabled)
            return false;
        bool wasX2 = IsX2;
        bool toX2 = (value & X2Enabled) != 0;
        // Out of x2APIC mode and into it leads through xAPIC mode, and out of it through a reset.
        if (!byHost && ((wasX2 && !toX2 && (value & Enabled) != 0) || (toX2 && (old & Enabled) == 0)))
            return false;
        if (old == value)
            return true;
        Volatile.Write(ref _base, value);
        if (((old ^ value) & Enabled) != 0 && (value & Enabled) != 0)
            Write(Id, _vcpu.Id.Value << 24);
        if (toX2 && !wasX2)
            EnterX2();
        _chip.Apics.Invalidate();
        return true;
    }

    // Both ids follow the vCPU's and can no longer be written.
    void EnterX2()
    {
        uint id = _vcpu.Id.Value;
        Write(Id, id);
        Write(LogicalDestination, ((id >> 4) << 16) | (1u << (int)(id & 0xF)));
    }
}
