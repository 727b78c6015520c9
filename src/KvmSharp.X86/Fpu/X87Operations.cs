using System;
using Iced.Intel;
using KvmSharp.X86.Operations;
using KvmSharp.X86.State;

namespace KvmSharp.X86.Fpu;

/// <summary>Enters x87's instructions: operands from and to memory, pointers, and the control instructions.</summary>
static class X87Operations
{
    internal static void Enter()
    {
        foreach (Mnemonic mnemonic in X87Instructions.Known)
            InstructionTable.Add(mnemonic, (in Decoded decoded) => new X87Operation(in decoded));
        foreach (Mnemonic mnemonic in new[] { Mnemonic.Fninit, Mnemonic.Fnclex })
            InstructionTable.Add(mnemonic, InterpretedOperation.Of(Reset));
        InstructionTable.Add(Mnemonic.Wait, InterpretedOperation.Of(Wait));
        InstructionTable.Add(Mnemonic.Fldcw, InterpretedOperation.Of(LoadControl));
        InstructionTable.Add(Mnemonic.Fnstcw, InterpretedOperation.Of(StoreControl));
        InstructionTable.Add(Mnemonic.Fnstsw, InterpretedOperation.Of(StoreStatus));
        InstructionTable.Add(Mnemonic.Fnstenv, InterpretedOperation.Of(StoreEnvironment));
        InstructionTable.Add(Mnemonic.Fldenv, InterpretedOperation.Of(LoadEnvironment));
        InstructionTable.Add(Mnemonic.Fnsave, InterpretedOperation.Of(Save));
        InstructionTable.Add(Mnemonic.Frstor, InterpretedOperation.Of(Restore));
        foreach (Mnemonic mnemonic in new[] { Mnemonic.Fneni, Mnemonic.Fndisi, Mnemonic.Fnsetpm })
            InstructionTable.Add(mnemonic, InterpretedOperation.Of(DoNothing));
    }

    static bool Reset(Cpu cpu, in Instruction instruction)
    {
        if (!cpu.TryEnterX87(waits: false))
            return false;
        if (instruction.Mnemonic == Mnemonic.Fninit)
            cpu.X87.Initialize();
        else
            cpu.X87.ClearExceptions();
        return true;
    }

    static bool DoNothing(Cpu cpu, in Instruction instruction) => cpu.TryEnterX87(waits: false);

    // WAIT looks at MP where the others look at EM.
    static bool Wait(Cpu cpu, in Instruction instruction)
    {
        const ulong Disabling = Cr0.MP | Cr0.TS;
        if ((cpu.State.Cr0 & Disabling) == Disabling)
            return cpu.Raise(Events.Vector.DeviceNotAvailable);
        return !cpu.X87.IsErrorPending || cpu.Raise(Events.Vector.FloatingPoint);
    }

    static bool LoadControl(Cpu cpu, in Instruction instruction)
    {
        if (!cpu.TryEnterX87(waits: true) || !cpu.TryRead(in instruction, 0, out ulong control))
            return false;
        cpu.X87.Control = (ushort)control;
        return true;
    }

    static bool StoreControl(Cpu cpu, in Instruction instruction) =>
        cpu.TryEnterX87(waits: false) && cpu.TryWrite(in instruction, 0, cpu.X87.Control);

    static bool StoreStatus(Cpu cpu, in Instruction instruction) =>
        cpu.TryEnterX87(waits: false) && cpu.TryWrite(in instruction, 0, cpu.X87.Status);

    static bool StoreEnvironment(Cpu cpu, in Instruction instruction)
    {
        Span<byte> image = stackalloc byte[X87Image.EnvironmentSize(IsWide(in instruction))];
        if (!cpu.TryEnterX87(waits: false) || !cpu.TryLinear(in instruction, image.Length, write: true, out ulong linear))
            return false;
        X87Image.StoreEnvironment(cpu.X87, image, IsWide(in instruction), !cpu.IsProtected);
        if (!cpu.TryStoreImage(linear, image))
            return false;
        // All exceptions are masked from here on.
        cpu.X87.Control |= (ushort)FloatingPoint.FloatExceptions.All;
        return true;
    }

    static bool LoadEnvironment(Cpu cpu, in Instruction instruction)
    {
        Span<byte> image = stackalloc byte[X87Image.EnvironmentSize(IsWide(in instruction))];
        if (!cpu.TryEnterX87(waits: true)
            || !cpu.TryLinear(in instruction, image.Length, write: false, out ulong linear)
            || !cpu.TryLoadImage(linear, image))
            return false;
        X87Image.LoadEnvironment(ref cpu.X87, image, IsWide(in instruction), !cpu.IsProtected);
        return true;
    }

    static bool Save(Cpu cpu, in Instruction instruction)
    {
        int environment = X87Image.EnvironmentSize(IsWide(in instruction));
        Span<byte> image = stackalloc byte[environment + X87Image.RegistersSize];
        if (!cpu.TryEnterX87(waits: false) || !cpu.TryLinear(in instruction, image.Length, write: true, out ulong linear))
            return false;
        X87Image.StoreEnvironment(cpu.X87, image, IsWide(in instruction), !cpu.IsProtected);
        X87Image.StoreRegisters(cpu.X87, image[environment..]);
        if (!cpu.TryStoreImage(linear, image))
            return false;
        cpu.X87.Initialize();
        return true;
    }

    static bool Restore(Cpu cpu, in Instruction instruction)
    {
        int environment = X87Image.EnvironmentSize(IsWide(in instruction));
        Span<byte> image = stackalloc byte[environment + X87Image.RegistersSize];
        if (!cpu.TryEnterX87(waits: true)
            || !cpu.TryLinear(in instruction, image.Length, write: false, out ulong linear)
            || !cpu.TryLoadImage(linear, image))
            return false;
        X87Image.LoadEnvironment(ref cpu.X87, image, IsWide(in instruction), !cpu.IsProtected);
        X87Image.LoadRegisters(ref cpu.X87, image[environment..]);
        return true;
    }

    static bool IsWide(in Instruction instruction) =>
        instruction.MemorySize is MemorySize.FpuEnv28 or MemorySize.FpuState108;
}
