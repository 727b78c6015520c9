using KvmSharp.Buses;
using KvmSharp.InterruptControllers;
using Xunit;

namespace KvmSharp.Tests.InterruptControllers;

/// <summary>Lines: the 8259s, the I/O APIC, and events that raise them.</summary>
public sealed class PinTests
{
    const int EndOfInterrupt = 0xB0;
    const uint Line = 5;
    const ulong Level = 0x8000;

    [Fact]
    public void The_8259s_give_the_vectors_that_they_were_initialized_with()
    {
        using ApicMachine machine = WithPics();
        machine.Chip.SetLine(9, true);
        machine.Chip.SetLine(1, true);

        Assert.Equal(0x21, Take(machine));
        // The one that is handled holds back what comes after it.
        Assert.False(machine.Apic().HasInterrupt);
        machine.Out(0x20, 0x20);
        Assert.Equal(0x29, Take(machine));
        machine.Out(0x20, 0x0B);
        Assert.Equal(4, machine.In(0x20));
    }

    [Fact]
    public void A_level_that_falls_before_it_is_taken_makes_a_spurious_interrupt()
    {
        using ApicMachine machine = WithPics();
        machine.Out(0x4D0, 0x20);
        machine.Chip.SetLine(Line, true);
        Assert.True(machine.Apic().HasInterrupt);
        machine.Chip.SetLine(Line, false);
        Assert.False(machine.Apic().HasInterrupt);

        machine.Chip.SetLine(Line, true);
        machine.Out(0x21, 0x20);
        Assert.False(machine.Apic().HasInterrupt);
        machine.Out(0x21, 0);
        Assert.Equal(0x25, Take(machine));
    }

    [Fact]
    public void Automatic_ends_rotate_the_priorities()
    {
        using ApicMachine machine = WithPics(mode: 3);
        machine.Out(0x20, 0x80);
        machine.Chip.SetLine(0, true);
        machine.Chip.SetLine(1, true);
        Assert.Equal(0x20, Take(machine));
        machine.Chip.SetLine(0, false);
        machine.Chip.SetLine(0, true);

        // The first comes last now.
        Assert.Equal(0x21, Take(machine));
        Assert.Equal(0x20, Take(machine));
    }

    [Fact]
    public void A_poll_takes_an_interrupt_without_its_vector()
    {
        using ApicMachine machine = WithPics();
        machine.Chip.SetLine(3, true);
        machine.Out(0x20, 0x0C);
        Assert.Equal(0x83, machine.In(0x20));
        Assert.False(machine.Apic().HasInterrupt);
        machine.Out(0x20, 0x0C);
        Assert.Equal(7, machine.In(0x20));
    }

    [Fact]
    public void A_level_is_sent_again_until_it_falls()
    {
        using ApicMachine machine = WithEntry(ApicMachine.Vector | Level);
        LocalApic apic = machine.Apic();
        Assert.Equal(1, machine.Chip.SetLine(Line, true));
        Assert.True(apic.TryAcknowledge(out _));
        // While it is in service nothing more is sent.
        Assert.Equal(-1, machine.Chip.SetLine(Line, true));
        Assert.False(apic.HasInterrupt);

        ApicMachine.Write(apic, EndOfInterrupt, 0);
        Assert.True(apic.TryAcknowledge(out _));
        machine.Chip.SetLine(Line, false);
        ApicMachine.Write(apic, EndOfInterrupt, 0);
        Assert.False(apic.HasInterrupt);
    }

    [Fact]
    public void An_edge_that_came_while_it_was_masked_is_lost_and_a_level_is_not()
    {
        const ulong Masked = 1 << 16;
        using ApicMachine machine = WithEntry(ApicMachine.Vector | Masked);
        machine.Chip.SetLine(Line, true);
        machine.Redirect((int)Line, ApicMachine.Vector);
        Assert.False(machine.Apic().HasInterrupt);

        machine.Redirect((int)Line, ApicMachine.Vector | Level);
        Assert.True(machine.Apic().HasInterrupt);
    }

    [Fact]
    public void A_line_without_a_route_leads_nowhere()
    {
        using ApicMachine machine = WithEntry(ApicMachine.Vector);
        Assert.Equal(-1, machine.Chip.SetLine(99, true));
        Assert.Equal(-1, machine.Chip.SetLine(uint.MaxValue, true));
        Assert.Equal(KvmErrno.EINVAL, machine.Chip.TrySetRouting([GsiRoute.ToPin(GsiRoute.Limit, IrqchipId.IoApic, 0)]));
        Assert.Equal(1, machine.Chip.SetLine(Line, true));
    }

    [Fact]
    public void An_event_with_a_resample_event_holds_its_line_until_the_end()
    {
        using ApicMachine machine = WithEntry(ApicMachine.Vector | Level);
        LocalApic apic = machine.Apic();
        using var source = new CountedEvent();
        using var after = new CountedEvent();
        Assert.Equal(KvmErrno.None, machine.Chip.TryAddSource(Line, source, after));

        source.Raise();
        Assert.True(apic.TryAcknowledge(out _));
        Assert.Equal(0u, after.Take());
        ApicMachine.Write(apic, EndOfInterrupt, 0);

        Assert.Equal(1u, after.Take());
        Assert.False(apic.HasInterrupt);
        source.Raise();
        Assert.True(apic.HasInterrupt);
    }

    [Fact]
    public void A_resample_event_of_an_edge_hears_its_end_too()
    {
        using ApicMachine machine = WithEntry(ApicMachine.Vector);
        using var source = new CountedEvent();
        using var after = new CountedEvent();
        machine.Chip.TryAddSource(Line, source, after);
        source.Raise();
        Assert.True(machine.Apic().TryAcknowledge(out _));

        ApicMachine.Write(machine.Apic(), EndOfInterrupt, 0);

        Assert.Equal(1u, after.Take());
    }

    [Fact]
    public void An_event_that_was_taken_away_raises_nothing_and_lets_its_line_fall()
    {
        using ApicMachine machine = WithEntry(ApicMachine.Vector | Level);
        using var source = new CountedEvent();
        using var after = new CountedEvent();
        machine.Chip.TryAddSource(Line, source, after);
        source.Raise();
        Assert.True(machine.Apic().TryAcknowledge(out _));

        machine.Chip.RemoveSource(Line, source);

        ApicMachine.Write(machine.Apic(), EndOfInterrupt, 0);
        source.Raise();
        Assert.False(machine.Apic().HasInterrupt);
        Assert.Equal(0u, after.Take());
        Assert.Equal(1u, source.Take());
        machine.Chip.RemoveSource(Line, source);
    }

    [Fact]
    public void One_event_raises_one_line()
    {
        using ApicMachine machine = WithEntry(ApicMachine.Vector);
        using var source = new CountedEvent();
        Assert.Equal(KvmErrno.None, machine.Chip.TryAddSource(Line, source));
        Assert.Equal(KvmErrno.EBUSY, machine.Chip.TryAddSource(6, source));
        source.Raise();
        Assert.True(machine.Apic().HasInterrupt);
        Assert.Equal(0u, source.Take());
    }

    // Only the I/O APIC has the line.
    static ApicMachine WithEntry(ulong entry)
    {
        ApicMachine machine = new ApicMachine().Enable();
        Assert.Equal(KvmErrno.None, machine.Chip.TrySetRouting([GsiRoute.ToPin(Line, IrqchipId.IoApic, Line)]));
        machine.Redirect((int)Line, entry);
        return machine;
    }

    // As a PC's firmware sets them up: vectors from 0x20 and 0x28.
    static ApicMachine WithPics(byte mode = 1)
    {
        var machine = new ApicMachine();
        foreach ((ushort port, byte value) in new (ushort, byte)[]
            { (0x20, 0x11), (0x21, 0x20), (0x21, 4), (0x21, mode), (0xA0, 0x11), (0xA1, 0x28), (0xA1, 2), (0xA1, mode) })
        {
            machine.Out(port, value);
        }
        return machine;
    }

    static byte Take(ApicMachine machine)
    {
        Assert.True(machine.Apic().TryAcknowledge(out byte vector));
        return vector;
    }
}
