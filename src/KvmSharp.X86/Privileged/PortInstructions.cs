using System;
using Iced.Intel;
using KvmSharp.Buses;
using KvmSharp.X86.Devices;
using KvmSharp.X86.Events;
using KvmSharp.X86.Operations;
using KvmSharp.X86.State;
using Register = KvmSharp.X86.State.Register;

namespace KvmSharp.X86.Privileged;

/// <summary>
/// IN, OUT, INS, OUTS. Each access leaves the CPU, but for those that the machine's bus takes; a repeated one moves many
/// items at once.
/// </summary>
static class PortInstructions
{
    internal static void Enter()
    {
        InstructionTable.Add(Mnemonic.In, InterpretedTransfer.Of(In));
        InstructionTable.Add(Mnemonic.Out, InterpretedTransfer.Of(Out));
        foreach ((Code code, int bits) in new[]
            { (Code.Insb_m8_DX, 8), (Code.Insw_m16_DX, 16), (Code.Insd_m32_DX, 32) })
        {
            InstructionTable.Add(code, (in Decoded decoded) => new StringOperation(in decoded, bits, InString));
        }
        foreach ((Code code, int bits) in new[]
            { (Code.Outsb_DX_m8, 8), (Code.Outsw_DX_m16, 16), (Code.Outsd_DX_m32, 32) })
        {
            InstructionTable.Add(code, (in Decoded decoded) => new StringOperation(in decoded, bits, OutString));
        }
    }

    static bool In(Cpu cpu, in Instruction instruction)
    {
        int bits = cpu.BitsOf(in instruction, 0);
        ushort port = PortOf(cpu, in instruction, 1);
        if (!TryCheck(cpu, port, bits / 8))
            return false;
        var access = new DeviceAccess { Kind = DeviceAccessKind.PortIn, Address = port, Length = bits / 8, Count = 1 };
        if (!cpu.TryQuery(cpu.Vcpu.Machine.Buses.Ports, ref access, cpu.DeviceLog.Buffer.AsSpan(0, bits / 8)))
            return false;
        cpu.WriteGeneral(Register.Rax, bits, DeviceLog.Pack(cpu.DeviceLog.Buffer.AsSpan(0, bits / 8)));
        return true;
    }

    static bool Out(Cpu cpu, in Instruction instruction)
    {
        int bits = cpu.BitsOf(in instruction, 1);
        ushort port = PortOf(cpu, in instruction, 0);
        if (!TryCheck(cpu, port, bits / 8))
            return false;
        Span<byte> data = cpu.DeviceLog.Buffer.AsSpan(0, bits / 8);
        DeviceLog.Unpack(cpu.State.Registers[Register.Rax], data);
        var access = new DeviceAccess { Kind = DeviceAccessKind.PortOut, Address = port, Length = bits / 8, Count = 1 };
        return cpu.TryTell(cpu.Vcpu.Machine.Buses.Ports, ref access, data);
    }

    static ushort PortOf(Cpu cpu, in Instruction instruction, int operand) =>
        instruction.GetOpKind(operand) == OpKind.Register
            ? (ushort)cpu.State.Registers[Register.Rdx]
            : instruction.Immediate8;

    /// <summary>Whether the program may use a port: by its privilege, or by the task's map of ports.</summary>
    /// <returns><see langword="false"/> when a fault was raised.</returns>
    internal static bool TryCheck(Cpu cpu, ushort port, int bytes)
    {
        const int MapOffset = 0x66;
        int ioPrivilege = (int)(cpu.State.SystemFlags >> RFlags.IOPLShift) & 3;
        if (!cpu.IsProtected || cpu.State.Cpl <= ioPrivilege)
            return true;
        // Only the wide task state has a map. It ends with the segment, a byte past the last that matters.
        if ((cpu.State.Task.Type & 8) == 0 || cpu.State.Task.Limit < MapOffset + 1)
            return cpu.Raise(Vector.GeneralProtection, 0);
        if (!cpu.TryReadTask(MapOffset, 2, out ulong map))
            return false;
        ulong at = map + (ulong)(port / 8);
        if (at + 1 > cpu.State.Task.Limit)
            return cpu.Raise(Vector.GeneralProtection, 0);
        if (!cpu.TryLoadSystem(cpu.State.Task.Base + at, 2, out ulong bits))
            return false;
        uint wanted = ((1u << bytes) - 1) << (port & 7);
        return (bits & wanted) == 0 || cpu.Raise(Vector.GeneralProtection, 0);
    }

    static bool InString(Cpu cpu, StringOperation operation)
    {
        int bytes = operation.Bits / 8;
        ushort port = (ushort)cpu.State.Registers[Register.Rdx];
        if (!TryCheck(cpu, port, bytes) || !operation.TryDestination(cpu, write: true, out ulong destination)
            || !cpu.TryProbeWrite(destination, bytes))
        {
            return false;
        }
        // What is inside the machine answers items, not rows of them.
        IoBus bus = cpu.Vcpu.Machine.Buses.Ports;
        bool isInside = bus.AnswersReads(port, bytes);
        int count = isInside ? 1 : operation.CountInPage(cpu, destination, DeviceLog.BufferLength / bytes);
        var access = new DeviceAccess { Kind = DeviceAccessKind.PortIn, Address = port, Length = bytes, Count = count };
        if (isInside ? !cpu.TryQuery(bus, ref access, cpu.DeviceLog.Buffer.AsSpan(0, bytes)) : !cpu.TryAsk(ref access))
            return false;
        ulong step = operation.Step(cpu);
        for (int item = 0; item < access.Count; item++)
        {
            ulong value = DeviceLog.Pack(cpu.DeviceLog.Buffer.AsSpan(item * bytes, bytes));
            if (!cpu.TryStoreBits(unchecked(destination + ((ulong)item * step)), operation.Bits, value))
                return false;
        }
        operation.Advance(cpu, Register.Rdi, access.Count);
        operation.CountDown(cpu, access.Count);
        return true;
    }

    static bool OutString(Cpu cpu, StringOperation operation)
    {
        int bytes = operation.Bits / 8;
        ushort port = (ushort)cpu.State.Registers[Register.Rdx];
        if (!TryCheck(cpu, port, bytes) || !operation.TrySource(cpu, out ulong source))
            return false;
        // The machine's bus takes items, not rows of them.
        IoBus bus = cpu.Vcpu.Machine.Buses.Ports;
        bool isWatched = bus.IsWatched(port, bytes);
        int count = isWatched ? 1 : operation.CountInPage(cpu, source, DeviceLog.BufferLength / bytes);
        ulong step = operation.Step(cpu);
        for (int item = 0; item < count; item++)
        {
            if (!cpu.TryLoadBits(unchecked(source + ((ulong)item * step)), operation.Bits, out ulong value))
                return false;
            DeviceLog.Unpack(value, cpu.DeviceLog.Buffer.AsSpan(item * bytes, bytes));
        }
        var access = new DeviceAccess { Kind = DeviceAccessKind.PortOut, Address = port, Length = bytes, Count = count };
        if (isWatched ? !cpu.TryTell(bus, ref access, cpu.DeviceLog.Buffer.AsSpan(0, bytes)) : !cpu.TryAsk(ref access))
            return false;
        operation.Advance(cpu, Register.Rsi, access.Count);
        operation.CountDown(cpu, access.Count);
        return true;
    }
}
