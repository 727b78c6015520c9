using System;
using System.Buffers.Binary;
using Iced.Intel;
using KvmSharp.X86.Operations;
using KvmSharp.X86.Simd;
using KvmSharp.X86.State;
using Register = KvmSharp.X86.State.Register;

namespace KvmSharp.X86.Fpu;

/// <summary>FXSAVE, FXRSTOR, XSAVE, XRSTOR, XGETBV, XSETBV: all registers at once.</summary>
static class StateImages
{
    // XCR0's and XSTATE_BV's components.
    internal const ulong X87Component = 1 << 0;
    internal const ulong SseComponent = 1 << 1;
    internal const ulong Components = X87Component | SseComponent;

    /// <summary>The legacy region and the header: no component lies behind them.</summary>
    internal const int XsaveSize = FxImage.Size + HeaderSize;

    const int HeaderSize = 64;
    const int CompactionOffset = FxImage.Size + 8;
    const int FxAlignment = 16;
    const int XsaveAlignment = 64;

    internal static void Enter()
    {
        foreach (Mnemonic mnemonic in new[] { Mnemonic.Fxsave, Mnemonic.Fxsave64 })
            InstructionTable.Add(mnemonic, InterpretedOperation.Of(FxSave));
        foreach (Mnemonic mnemonic in new[] { Mnemonic.Fxrstor, Mnemonic.Fxrstor64 })
            InstructionTable.Add(mnemonic, InterpretedOperation.Of(FxRestore));
        foreach (Mnemonic mnemonic in new[] { Mnemonic.Xsave, Mnemonic.Xsave64 })
            InstructionTable.Add(mnemonic, InterpretedOperation.Of(Save));
        foreach (Mnemonic mnemonic in new[] { Mnemonic.Xrstor, Mnemonic.Xrstor64 })
            InstructionTable.Add(mnemonic, InterpretedOperation.Of(Restore));
        InstructionTable.Add(Mnemonic.Xgetbv, InterpretedOperation.Of(GetControl));
        InstructionTable.Add(Mnemonic.Xsetbv, InterpretedOperation.Of(SetControl));
    }

    static bool FxSave(Cpu cpu, in Instruction instruction)
    {
        if (!TryEnterFx(cpu) || !TryAligned(cpu, in instruction, FxImage.Size, FxAlignment, write: true, out ulong linear))
            return false;
        Span<byte> image = stackalloc byte[FxImage.Used];
        bool withVectors = (cpu.State.Cr4 & Cr4.OSFXSR) != 0;
        FxImage.StoreX87(cpu.X87, image, instruction.Mnemonic == Mnemonic.Fxsave64);
        FxImage.StoreMxcsr(cpu.Mxcsr, image);
        int vectors = withVectors ? VectorsOf(cpu) : 0;
        FxImage.StoreVectors(cpu.Xmm, image, vectors);
        return cpu.TryStoreImage(linear, image[..FxImage.UsedWith(vectors)]);
    }

    static bool FxRestore(Cpu cpu, in Instruction instruction)
    {
        Span<byte> image = stackalloc byte[FxImage.Used];
        if (!TryEnterFx(cpu)
            || !TryAligned(cpu, in instruction, FxImage.Size, FxAlignment, write: false, out ulong linear)
            || !cpu.TryLoadImage(linear, image))
            return false;
        if (!FxImage.TryLoadMxcsr(ref cpu.Mxcsr, image))
            return cpu.Raise(Events.Vector.GeneralProtection, 0);
        FxImage.LoadX87(ref cpu.X87, image, instruction.Mnemonic == Mnemonic.Fxrstor64);
        if ((cpu.State.Cr4 & Cr4.OSFXSR) != 0)
            FxImage.LoadVectors(ref cpu.Xmm, image, VectorsOf(cpu));
        return true;
    }

    static bool Save(Cpu cpu, in Instruction instruction)
    {
        if (!TryEnterXsave(cpu)
            || !TryAligned(cpu, in instruction, XsaveSize, XsaveAlignment, write: true, out ulong linear)
            || !cpu.TryProbeWrite(linear, XsaveSize)
            || !cpu.TryLoadBits(linear + FxImage.Size, 64, out ulong present))
            return false;
        ulong requested = Requested(cpu);
        Span<byte> image = stackalloc byte[FxImage.Used];
        FxImage.StoreX87(cpu.X87, image, instruction.Mnemonic == Mnemonic.Xsave64);
        FxImage.StoreMxcsr(cpu.Mxcsr, image);
        FxImage.StoreVectors(cpu.Xmm, image, VectorsOf(cpu));
        // Each component has its part of the legacy region; MXCSR goes with SSE's.
        bool done = ((requested & X87Component) == 0
            || (cpu.TryStoreImage(linear, image[..FxImage.MxcsrOffset])
                && cpu.TryStoreImage(linear + FxImage.RegistersOffset, image[FxImage.RegistersOffset..FxImage.XmmOffset])))
            && ((requested & SseComponent) == 0
                || (cpu.TryStoreImage(linear + FxImage.MxcsrOffset, image[FxImage.MxcsrOffset..FxImage.RegistersOffset])
                    && cpu.TryStoreImage(linear + FxImage.XmmOffset, image[FxImage.XmmOffset..FxImage.UsedWith(VectorsOf(cpu))])));
        return done && cpu.TryStoreBits(linear + FxImage.Size, 64, present | requested);
    }

    static bool Restore(Cpu cpu, in Instruction instruction)
    {
        Span<byte> image = stackalloc byte[XsaveSize];
        if (!TryEnterXsave(cpu)
            || !TryAligned(cpu, in instruction, XsaveSize, XsaveAlignment, write: false, out ulong linear)
            || !cpu.TryLoadImage(linear, image))
            return false;
        bool wide = instruction.Mnemonic == Mnemonic.Xrstor64;
        return TryRestore(cpu, image, Requested(cpu), cpu.State.Xcr0, VectorsOf(cpu), wide)
            || cpu.Raise(Events.Vector.GeneralProtection, 0);
    }

    /// <summary>Takes components out of an image; those that it says are in their first state are reset.</summary>
    /// <param name="cpu">The CPU.</param>
    /// <param name="image">The legacy region and the header.</param>
    /// <param name="requested">The components to take.</param>
    /// <param name="allowed">The components the image may have.</param>
    /// <param name="vectors">How many vector registers the mode has.</param>
    /// <param name="wide">x87's pointers have 64 bits.</param>
    /// <returns>False, and nothing changed, for an image that XRSTOR refuses.</returns>
    internal static bool TryRestore(
        Cpu cpu, ReadOnlySpan<byte> image, ulong requested, ulong allowed, int vectors, bool wide)
    {
        ulong present = BinaryPrimitives.ReadUInt64LittleEndian(image[FxImage.Size..]);
        if ((present & ~allowed) != 0 || image[CompactionOffset..XsaveSize].IndexOfAnyExcept((byte)0) >= 0)
            return false;
        if ((requested & SseComponent) != 0)
        {
            // MXCSR comes from the image even if the registers do not.
            if (!FxImage.TryLoadMxcsr(ref cpu.Mxcsr, image))
                return false;
            if ((present & SseComponent) != 0)
                FxImage.LoadVectors(ref cpu.Xmm, image, vectors);
            else
                cpu.Xmm = default;
        }

        if ((requested & X87Component) == 0)
            return true;
        if ((present & X87Component) != 0)
        {
            FxImage.LoadX87(ref cpu.X87, image, wide);
        }
        else
        {
            cpu.X87 = default;
            cpu.X87.Initialize();
        }

        return true;
    }

    static bool GetControl(Cpu cpu, in Instruction instruction)
    {
        if ((cpu.State.Cr4 & Cr4.OSXSAVE) == 0)
            return cpu.Raise(Events.Vector.InvalidOpcode);
        if ((uint)cpu.State.Registers[Register.Rcx] != 0)
            return cpu.Raise(Events.Vector.GeneralProtection, 0);
        cpu.State.Registers[Register.Rax] = (uint)cpu.State.Xcr0;
        cpu.State.Registers[Register.Rdx] = cpu.State.Xcr0 >> 32;
        return true;
    }

    static bool SetControl(Cpu cpu, in Instruction instruction)
    {
        if ((cpu.State.Cr4 & Cr4.OSXSAVE) == 0)
            return cpu.Raise(Events.Vector.InvalidOpcode);
        ulong value = ((ulong)(uint)cpu.State.Registers[Register.Rdx] << 32) | (uint)cpu.State.Registers[Register.Rax];
        if (cpu.State.Cpl != 0 || (uint)cpu.State.Registers[Register.Rcx] != 0 || !IsValidControl(value))
            return cpu.Raise(Events.Vector.GeneralProtection, 0);
        cpu.State.Xcr0 = value;
        return true;
    }

    /// <summary>Whether XCR0 may be so: x87 always, nothing that does not exist.</summary>
    internal static bool IsValidControl(ulong value) => (value & X87Component) != 0 && (value & ~Components) == 0;

    static ulong Requested(Cpu cpu) =>
        cpu.State.Xcr0 & (((ulong)(uint)cpu.State.Registers[Register.Rdx] << 32) | (uint)cpu.State.Registers[Register.Rax]);

    static int VectorsOf(Cpu cpu) => cpu.Mode == Blocks.CodeMode.Bits64 ? XmmRegisters.Count : XmmRegisters.Count / 2;

    static bool TryEnterFx(Cpu cpu)
    {
        return (cpu.State.Cr0 & (Cr0.EM | Cr0.TS)) == 0 || cpu.Raise(Events.Vector.DeviceNotAvailable);
    }

    static bool TryEnterXsave(Cpu cpu)
    {
        if ((cpu.State.Cr4 & Cr4.OSXSAVE) == 0)
            return cpu.Raise(Events.Vector.InvalidOpcode);
        return (cpu.State.Cr0 & Cr0.TS) == 0 || cpu.Raise(Events.Vector.DeviceNotAvailable);
    }

    static bool TryAligned(Cpu cpu, in Instruction instruction, int bytes, int alignment, bool write, out ulong linear)
    {
        if (!cpu.TryLinear(in instruction, bytes, write, out linear))
            return false;
        return (linear & (ulong)(alignment - 1)) == 0 || cpu.Raise(Events.Vector.GeneralProtection, 0);
    }
}
