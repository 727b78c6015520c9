using System;
using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using KvmSharp.X86.Fpu;
using KvmSharp.X86.Simd;
using KvmSharp.X86.State;
using Vector = KvmSharp.X86.Events.Vector;

namespace KvmSharp.X86;

// x87, MMX and SSE: their registers, what has to hold before they are touched, and operands of more than eight bytes.
partial class Cpu
{
    /// <summary>x87's registers, and MMX's.</summary>
    internal X87State X87 = X87State.AtReset();

    /// <summary>SSE's registers.</summary>
    internal XmmRegisters Xmm;

    /// <summary>SSE's controls and flags.</summary>
    internal Mxcsr Mxcsr = new() { Value = Mxcsr.Initial };

    void ResetFloat()
    {
        X87 = X87State.AtReset();
        Xmm = default;
        Mxcsr.Value = Mxcsr.Initial;
    }

    /// <summary>Whether an x87 instruction may run: #NM, and #MF if it waits for a pending exception.</summary>
    /// <param name="waits">Whether it waits; the FN forms do not.</param>
    internal bool TryEnterX87(bool waits)
    {
        if ((State.Cr0 & (Cr0.EM | Cr0.TS)) != 0)
            return Raise(Vector.DeviceNotAvailable);
        return !waits || !X87.IsErrorPending || Raise(Vector.FloatingPoint);
    }

    /// <summary>Whether an MMX instruction may run: #UD, #NM, #MF.</summary>
    internal bool TryEnterMmx()
    {
        if ((State.Cr0 & Cr0.EM) != 0)
            return Raise(Vector.InvalidOpcode);
        if ((State.Cr0 & Cr0.TS) != 0)
            return Raise(Vector.DeviceNotAvailable);
        return !X87.IsErrorPending || Raise(Vector.FloatingPoint);
    }

    /// <summary>Whether an SSE instruction may run: #UD, #NM.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal bool TryEnterSse()
    {
        if ((State.Cr0 & (Cr0.EM | Cr0.TS)) == 0 && (State.Cr4 & Cr4.OSFXSR) != 0)
            return true;
        return RefuseSse();
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    bool RefuseSse()
    {
        bool undefined = (State.Cr0 & Cr0.EM) != 0 || (State.Cr4 & Cr4.OSFXSR) == 0;
        return Raise(undefined ? Vector.InvalidOpcode : Vector.DeviceNotAvailable);
    }

    /// <summary>Ends an SSE instruction that met an unmasked exception: #XM, or #UD if the system does not know it.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    internal bool RaiseSimd() =>
        Raise((State.Cr4 & Cr4.OSXMMEXCPT) != 0 ? Vector.SimdFloatingPoint : Vector.InvalidOpcode);

    /// <summary>Reads 1 to 16 bytes, zero-extended.</summary>
    /// <param name="linear">The address.</param>
    /// <param name="bytes">1, 2, 4, 8 or 16.</param>
    /// <param name="aligned">Sixteen bytes have to be aligned: #GP.</param>
    /// <param name="value">What is there.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal bool TryLoadVector(ulong linear, int bytes, bool aligned, out Vector128<byte> value)
    {
        if (bytes != Vector128<byte>.Count)
        {
            bool done = bytes == sizeof(ulong)
                ? TryLoad(linear, sizeof(ulong), out ulong part)
                : TryLoadPart(linear, bytes, out part);
            value = Vector128.CreateScalar(part).AsByte();
            return done;
        }
        value = default;
        if (aligned && (linear & 15) != 0)
            return Raise(Vector.GeneralProtection, 0);
        if (!TryLoad(linear, Vector128<byte>.Count, out UInt128 whole))
            return false;
        value = Vector128.Create((ulong)whole, (ulong)(whole >> 64)).AsByte();
        return true;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    bool TryLoadPart(ulong linear, int bytes, out ulong value) => TryLoadBits(linear, bytes * 8, out value);

    /// <summary>Writes the low 1 to 16 bytes.</summary>
    /// <inheritdoc cref="TryLoadVector"/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal bool TryStoreVector(ulong linear, int bytes, bool aligned, Vector128<byte> value)
    {
        if (bytes != Vector128<byte>.Count)
        {
            ulong part = value.AsUInt64()[0];
            return bytes == sizeof(ulong) ? TryStore(linear, sizeof(ulong), part) : TryStorePart(linear, bytes, part);
        }
        if (aligned && (linear & 15) != 0)
            return Raise(Vector.GeneralProtection, 0);
        return TryStore(linear, Vector128<byte>.Count, new UInt128(value.AsUInt64()[1], value.AsUInt64()[0]));
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    bool TryStorePart(ulong linear, int bytes, ulong value) => TryStoreBits(linear, bytes * 8, value);

    /// <summary>Reads an image of up to a page.</summary>
    internal bool TryLoadImage(ulong linear, Span<byte> image)
    {
        Span<byte> word = stackalloc byte[sizeof(ulong)];
        for (int done = 0; done < image.Length;)
        {
            int step = StepOf(image.Length - done);
            if (!TryLoadBits(linear + (ulong)done, step * 8, out ulong value))
                return false;
            BinaryPrimitives.WriteUInt64LittleEndian(word, value);
            word[..step].CopyTo(image[done..]);
            done += step;
        }

        return true;
    }

    /// <summary>Writes an image of up to a page: whole, or not at all.</summary>
    internal bool TryStoreImage(ulong linear, ReadOnlySpan<byte> image)
    {
        if (!TryProbeWrite(linear, image.Length))
            return false;
        Span<byte> word = stackalloc byte[sizeof(ulong)];
        for (int done = 0; done < image.Length;)
        {
            int step = StepOf(image.Length - done);
            word.Clear();
            image.Slice(done, step).CopyTo(word);
            if (!TryStoreBits(linear + (ulong)done, step * 8, BinaryPrimitives.ReadUInt64LittleEndian(word)))
                return false;
            done += step;
        }

        return true;
    }

    static int StepOf(int left) => left >= 8 ? 8 : left >= 4 ? 4 : left >= 2 ? 2 : 1;
}
