using System;
using KvmSharp.Addresses;
using KvmSharp.InterruptControllers;
using KvmSharp.Vcpus;
using Xunit;

namespace KvmSharp.Tests.InterruptControllers;

/// <summary>A machine with interrupt controllers, whose registers a test writes as a guest does.</summary>
sealed class ApicMachine : IDisposable
{
    internal const byte Vector = 0x41;

    internal ApicMachine(int vcpus = 1, TimeProvider? clock = null)
    {
        Machine = new VirtualMachine(new VirtualMachineOptions
        {
            Clock = clock ?? TimeProvider.System,
            MaxVcpus = 4096,
            AllowVcpuRemoval = true,
        });
        Assert.Equal(KvmErrno.None, Machine.TryCreateIrqchip());
        for (uint id = 0; id < vcpus; id++)
            Machine.Vcpus.Create(new VcpuId(id));
    }

    internal VirtualMachine Machine { get; }

    internal Irqchip Chip => Machine.Irqchip!;

    internal LocalApic Apic(int index = 0)
    {
        Assert.True(Machine.Vcpus.TryGet(new VcpuIndex(index), out Vcpu? vcpu));
        return vcpu.Apic!;
    }

    internal ApicMachine Enable()
    {
        foreach (Vcpu vcpu in Machine.Vcpus)
            Write(vcpu.Apic!, 0xF0, 0x1FF);
        return this;
    }

    internal static void Write(LocalApic apic, int register, uint value) =>
        apic.WriteMemory(new Gpa(LocalApic.DefaultBase + (uint)register), BitConverter.GetBytes(value));

    internal static uint Read(LocalApic apic, int register)
    {
        byte[] data = new byte[4];
        apic.ReadMemory(new Gpa(LocalApic.DefaultBase + (uint)register), data);
        return BitConverter.ToUInt32(data);
    }

    /// <summary>Sends a message as a device does.</summary>
    internal int Send(uint destination, uint data = Vector, bool isLogical = false) =>
        Chip.Signal(new MsiMessage(LocalApic.DefaultBase | (destination << 12) | (isLogical ? 4u : 0), data));

    /// <summary>Writes an entry of the I/O APIC.</summary>
    internal void Redirect(int pin, ulong entry)
    {
        for (int half = 0; half < 2; half++)
        {
            Assert.True(Machine.Buses.Memory.TryWrite(0xFEC0_0000, BitConverter.GetBytes(0x10 + (2 * pin) + half)));
            Assert.True(Machine.Buses.Memory.TryWrite(0xFEC0_0010, BitConverter.GetBytes((uint)(entry >> (32 * half)))));
        }
    }

    internal void Out(ushort port, byte value) => Assert.True(Machine.Buses.Ports.TryWrite(port, [value]));

    internal byte In(ushort port)
    {
        byte[] data = new byte[1];
        Assert.True(Machine.Buses.Ports.TryRead(port, data));
        return data[0];
    }

    public void Dispose() => Machine.Dispose();
}
