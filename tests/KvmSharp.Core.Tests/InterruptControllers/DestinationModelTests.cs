using System;
using System.Linq;
using System.Threading;
using KvmSharp.InterruptControllers;
using KvmSharp.Vcpus;
using Xunit;
using Xunit.Abstractions;

namespace KvmSharp.Tests.InterruptControllers;

/// <summary>Whom a message reaches, against the manuals' rules asked of each APIC in turn.</summary>
public sealed class DestinationModelTests(ITestOutputHelper output)
{
    const int Id = 0x20;
    const int Logical = 0xD0;
    const int Format = 0xE0;
    const int Spurious = 0xF0;
    const uint Flat = uint.MaxValue;
    const uint Cluster = 0x0FFF_FFFF;
    const int FirstVector = 0x40;
    const int Vcpus = 9;
    const int Steps = 2000;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Messages_reach_whom_they_name(int seed)
    {
        output.WriteLine($"seed {seed}");
        var random = new Random(seed);
        using ApicMachine machine = new ApicMachine(Vcpus).Enable();
        for (int step = 0; step < Steps; step++)
        {
            if (random.Next(3) == 0)
                Change(machine.Apic(random.Next(Vcpus)), random);
            int vector = FirstVector + random.Next(0xA0);
            uint destination = random.Next(8) == 0 ? 0xFF : (uint)(random.Next(2) == 0 ? random.Next(Vcpus + 2) : random.Next(256));
            bool isLogical = random.Next(2) == 0;
            bool toOne = random.Next(4) == 0;
            foreach (Vcpu vcpu in machine.Machine.Vcpus)
                Forget(vcpu.Apic!);
            int[] meant = [.. Enumerable.Range(0, Vcpus).Where(index => IsMeant(machine.Apic(index), destination, isLogical))];

            int taken = machine.Send(destination, (uint)(vector | (toOne ? 0x100 : 0)), isLogical);

            int[] reached = [.. Enumerable.Range(0, Vcpus).Where(index => Has(machine.Apic(index), vector))];
            string what = $"step {step}: 0x{destination:x} logical {isLogical} to one {toOne}, meant {string.Join(' ', meant)}";
            if (toOne && (isLogical || destination != 0xFF) && meant.Length > 0)
            {
                // As in KVM, the vector chooses among the members that are named, and one that is not there loses it.
                Assert.True(reached.Length <= 1 && reached.All(meant.Contains), $"{what}, reached {string.Join(' ', reached)}");
                Assert.Equal(reached.Length, Math.Max(taken, 0));
            }
            else
            {
                Assert.True(meant.SequenceEqual(reached), $"{what}, reached {string.Join(' ', reached)}");
                Assert.Equal(meant.Length, Math.Max(taken, 0));
            }
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(64)]
    [InlineData(2000)]
    public void Each_of_many_is_reached_alone(int vcpus)
    {
        using ApicMachine machine = new ApicMachine(vcpus).Enable();
        foreach (Vcpu vcpu in machine.Machine.Vcpus)
            Assert.True(vcpu.Apic!.TrySetBase(LocalApic.DefaultBase | 0xC00, hasX2: true, byHost: true));
        foreach (int target in (int[])[0, vcpus / 2, vcpus - 1])
        {
            LocalApic last = machine.Apic(vcpus - 1);
            Assert.True(last.TryWriteMsr(0x830, ((ulong)target << 32) | FirstVector));
            Assert.Equal([target], Enumerable.Range(0, vcpus).Where(index => machine.Apic(index).TryAcknowledge(out _)));
            Assert.True(machine.Apic(target).TryWriteMsr(0x80B, 0));
            // The same by its logical id, which follows from the other.
            ulong logical = ((ulong)target >> 4 << 16) | (1UL << (target & 0xF));
            Assert.True(last.TryWriteMsr(0x830, (logical << 32) | 0x800 | FirstVector));
            Assert.Equal([target], Enumerable.Range(0, vcpus).Where(index => machine.Apic(index).TryAcknowledge(out _)));
            Assert.True(machine.Apic(target).TryWriteMsr(0x80B, 0));
        }
    }

    [Theory]
    [InlineData(0x42, 0)]
    [InlineData(0x43, 1)]
    [InlineData(0x44, 2)]
    [InlineData(0x45, 0)]
    public void Of_several_the_vector_chooses_one(uint vector, int chosen)
    {
        using ApicMachine machine = new ApicMachine(3).Enable();
        for (int index = 0; index < 3; index++)
            ApicMachine.Write(machine.Apic(index), Logical, 1u << (24 + index));

        Assert.Equal(1, machine.Send(7, 0x100 | vector, isLogical: true));

        Assert.Equal([chosen], Enumerable.Range(0, 3).Where(index => Has(machine.Apic(index), (int)vector)));
    }

    // A map that is out of date would lead the message to the vCPU that has just given the id away, or to nobody.
    [Fact]
    public void A_message_finds_its_target_while_others_change_their_ids()
    {
        const int Messages = 20_000;
        using ApicMachine machine = new ApicMachine(4).Enable();
        LocalApic changing = machine.Apic(3);
        bool over = false;
        var owner = new Thread(() =>
        {
            for (uint id = 0; !Volatile.Read(ref over); id++)
                ApicMachine.Write(changing, Id, (0x20 + (id & 7)) << 24);
        });
        owner.Start();
        int taken = 0;
        for (int message = 0; message < Messages; message++)
            taken += machine.Send(1 + ((uint)message & 1));
        Volatile.Write(ref over, true);
        owner.Join();

        Assert.Equal(Messages, taken);
        ApicMachine.Write(changing, Id, 0x44 << 24);
        Assert.Equal(1, machine.Send(0x44, 0x99));
        Assert.True(Has(changing, 0x99));
    }

    [Fact]
    public void A_vcpu_that_is_removed_is_not_reached_and_its_successor_is()
    {
        using ApicMachine machine = new ApicMachine(2).Enable();
        Assert.Equal(1, machine.Send(1));
        Vcpu old = machine.Apic(1).Vcpu;
        Assert.Equal(KvmErrno.None, machine.Machine.Vcpus.TryRemove(old));
        Assert.Equal(0, machine.Send(1));

        Vcpu next = machine.Machine.Vcpus.Create(new VcpuId(1));
        ApicMachine.Write(next.Apic!, Spurious, 0x1FF);
        Assert.Equal(1, machine.Send(1, 0x55));
        Assert.True(Has(next.Apic!, 0x55));
        Assert.False(Has(old.Apic!, 0x55));
    }

    static void Change(LocalApic apic, Random random)
    {
        switch (random.Next(6))
        {
            case 0:
                ApicMachine.Write(apic, Id, (uint)random.Next(Vcpus + 1) << 24);
                break;
            case 1:
                ApicMachine.Write(apic, Format, random.Next(2) == 0 ? Flat : Cluster);
                break;
            case 2:
                ApicMachine.Write(apic, Spurious, random.Next(3) == 0 ? 0xFFu : 0x1FFu);
                break;
            case 3:
                ApicMachine.Write(apic, Logical, (uint)random.Next(256) << 24);
                break;
            default:
                ApicMachine.Write(apic, Logical, 1u << (24 + random.Next(8)));
                break;
        }
    }

    static bool IsMeant(LocalApic apic, uint destination, bool isLogical)
    {
        if ((ApicMachine.Read(apic, Spurious) & 0x100) == 0)
            return false;
        if (destination == 0xFF)
            return true;
        if (!isLogical)
            return ApicMachine.Read(apic, Id) >> 24 == destination;
        uint logical = ApicMachine.Read(apic, Logical) >> 24;
        return ApicMachine.Read(apic, Format) == Flat
            ? (logical & destination) != 0
            : logical >> 4 == destination >> 4 && (logical & destination & 0xF) != 0;
    }

    static bool Has(LocalApic apic, int vector) =>
        ((ApicMachine.Read(apic, 0x200 + (vector / 32 * 0x10)) >> (vector % 32)) & 1) != 0;

    static void Forget(LocalApic apic)
    {
        byte[] image = new byte[LocalApic.StateBytes];
        apic.Save(image);
        image.AsSpan(0x200, 0x80).Clear();
        apic.Load(image);
    }
}
