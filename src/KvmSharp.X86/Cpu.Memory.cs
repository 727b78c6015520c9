using System;
using System.Numerics;
using System.Runtime.CompilerServices;
using KvmSharp.Addresses;
using KvmSharp.X86.Blocks;
using KvmSharp.X86.Paging;
using KvmSharp.X86.State;
using Vector = KvmSharp.X86.Events.Vector;

namespace KvmSharp.X86;

// Linear memory: the fast ways through both TLBs, and what they leave.
partial class Cpu
{
    const int MaxAccess = 16;

    // Never filled: in its place every access goes the long way, where breakpoints and alignment are looked at.
    static readonly LinearTlb _emptyTlb = new();

    // The TLB of the current privilege.
    LinearTlb _tlb;

    // The same, or the empty one while every access has to be checked.
    LinearTlb _fastTlb;

    /// <summary>Whether every access is checked for alignment or against breakpoints.</summary>
    internal bool ChecksAccesses { get; private set; }

    /// <summary>Reads linear memory with the current privilege.</summary>
    /// <param name="linear">Any address.</param>
    /// <param name="bytes">The size of <typeparamref name="T"/>: 1, 2, 4, 8 or 16.</param>
    /// <param name="value">What is there.</param>
    /// <returns><see langword="false"/> when the instruction has to stop; <see cref="Stop"/> says why.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal bool TryLoad<T>(ulong linear, int bytes, out T value)
        where T : unmanaged, IBinaryInteger<T>
    {
        ref TlbEntry entry = ref _fastTlb.At(linear);
        if (entry.Read == LastPage(linear, bytes) && Memory.TryRead(new Gpa(unchecked(linear + entry.Addend)), out value))
            return true;
        // A variable of its own: one that is passed by reference cannot be in a register.
        bool done = LoadSlowly(linear, bytes, AccessKind.Read, out T loaded);
        value = loaded;
        return done;
    }

    /// <summary>Reads linear memory that the instruction goes on to write: a fault is the write's.</summary>
    /// <inheritdoc cref="TryLoad"/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal bool TryLoadForUpdate<T>(ulong linear, int bytes, out T value)
        where T : unmanaged, IBinaryInteger<T>
    {
        ref TlbEntry entry = ref _fastTlb.At(linear);
        if (entry.Write == LastPage(linear, bytes) && Memory.TryRead(new Gpa(unchecked(linear + entry.Addend)), out value))
            return true;
        bool done = LoadSlowly(linear, bytes, AccessKind.Write, out T loaded);
        value = loaded;
        return done;
    }

    /// <summary>Writes linear memory with the current privilege. The caller ends with <see cref="Proceed"/>.</summary>
    /// <inheritdoc cref="TryLoad"/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal bool TryStore<T>(ulong linear, int bytes, T value)
        where T : unmanaged, IBinaryInteger<T>
    {
        ref TlbEntry entry = ref _fastTlb.At(linear);
        if (entry.Write == LastPage(linear, bytes) && Memory.TryWrite(new Gpa(unchecked(linear + entry.Addend)), value))
            return true;
        return StoreSlowly(linear, bytes, value);
    }

    /// <summary>Puts a value in place if another is there: one step for all CPUs, a full fence.</summary>
    /// <param name="linear">Any address; one that is not a multiple of the size stops the other CPUs for a moment.</param>
    /// <param name="bytes">The size of <typeparamref name="T"/>: 1, 2, 4 or 8.</param>
    /// <param name="value">What to put there.</param>
    /// <param name="comparand">What has to be there.</param>
    /// <param name="original">What was there.</param>
    /// <returns><see langword="false"/> when the instruction has to stop; <see cref="Stop"/> says why.</returns>
    internal bool TryCompareExchange<T>(ulong linear, int bytes, T value, T comparand, out T original)
        where T : unmanaged, IBinaryInteger<T>
    {
        ref TlbEntry entry = ref _fastTlb.At(linear);
        if (entry.Write == LastPage(linear, bytes)
            && Memory.TryCompareExchange(new Gpa(unchecked(linear + entry.Addend)), value, comparand, out original))
        {
            return true;
        }
        return CompareExchangeSlowly(linear, bytes, value, comparand, out original);
    }

    /// <summary>Makes sure that bytes can be written, before anything else is.</summary>
    /// <returns><see langword="false"/> when a fault was raised.</returns>
    internal bool TryProbeWrite(ulong linear, int bytes) =>
        TryCheck(linear, bytes, AccessKind.Write)
        && TryTranslate(linear, AccessKind.Write, IsUser, out _)
        && (!Crosses(linear, bytes) || TryTranslate(NextPage(linear), AccessKind.Write, IsUser, out _));

    // Where an access that crosses meets a fault of its second page.
    ulong NextPage(ulong linear) => WrapLinear((linear | Page.OffsetMask) + 1);

    /// <summary>Makes sure that a byte can be read.</summary>
    internal bool TryProbeRead(ulong linear) =>
        TryCheck(linear, 1, AccessKind.Read) && TryTranslate(linear, AccessKind.Read, IsUser, out _);

    // The page of the last byte: the page looked up only if the access does not cross.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static ulong LastPage(ulong linear, int bytes) => unchecked(linear + (ulong)(bytes - 1)) & ~Page.OffsetMask;

    static bool Crosses(ulong linear, int bytes) => (linear & Page.OffsetMask) + (ulong)bytes > Page.Size;

    [MethodImpl(MethodImplOptions.NoInlining)]
    bool LoadSlowly<T>(ulong linear, int bytes, AccessKind kind, out T value)
        where T : unmanaged, IBinaryInteger<T>
    {
        Span<byte> buffer = stackalloc byte[MaxAccess];
        Span<byte> data = buffer[..bytes];
        bool done = TryCheck(linear, bytes, kind) && TryReadLinear(linear, data, kind, IsUser);
        value = done ? Assemble<T>(data) : default;
        return done;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    bool StoreSlowly<T>(ulong linear, int bytes, T value)
        where T : unmanaged, IBinaryInteger<T>
    {
        Span<byte> data = stackalloc byte[MaxAccess];
        for (int index = 0; index < bytes; index++)
            data[index] = byte.CreateTruncating(value >> (index * 8));
        return TryCheck(linear, bytes, AccessKind.Write) && TryWriteLinear(linear, data[..bytes], IsUser);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    bool CompareExchangeSlowly<T>(ulong linear, int bytes, T value, T comparand, out T original)
        where T : unmanaged, IBinaryInteger<T>
    {
        original = default;
        if (!TryCheck(linear, bytes, AccessKind.Write))
            return false;
        if ((linear & (ulong)(bytes - 1)) == 0)
        {
            if (!TryTranslate(linear, AccessKind.Write, IsUser, out ulong gpa))
                return false;
            if (Memory.TryCompareExchange(new Gpa(gpa), value, comparand, out original))
            {
                NoteStore(gpa, bytes);
                return true;
            }
        }

        // Not a multiple of its size, or a device: nothing but standing still makes that one step.
        if (!TryProbeWrite(linear, bytes))
            return false;
        using (Environment.Exclusive.Enter(this))
        {
            if (!LoadSlowly(linear, bytes, AccessKind.Write, out original))
                return false;
            return original != comparand || StoreSlowly(linear, bytes, value);
        }
    }

    /// <summary>Reads linear memory that may cross a page.</summary>
    bool TryReadLinear(ulong linear, Span<byte> data, AccessKind kind, bool user)
    {
        if (!TryTranslate(linear, kind, user, out ulong gpa))
            return false;
        if (!Crosses(linear, data.Length))
            return TryReadPhysical(gpa, data);
        int first = Page.Size - (int)(linear & Page.OffsetMask);
        return TryTranslate(WrapLinear(linear + (ulong)first), kind, user, out ulong next)
            && TryReadCrossing(gpa, data[..first], next, data[first..]);
    }

    /// <summary>Writes linear memory that may cross a page: both pages or neither, unless one is a device's.</summary>
    bool TryWriteLinear(ulong linear, ReadOnlySpan<byte> data, bool user)
    {
        if (!TryTranslate(linear, AccessKind.Write, user, out ulong gpa))
            return false;
        if (!Crosses(linear, data.Length))
            return TryWritePhysical(gpa, data);
        int first = Page.Size - (int)(linear & Page.OffsetMask);
        return TryTranslate(WrapLinear(linear + (ulong)first), AccessKind.Write, user, out ulong next)
            && TryWritePhysical(gpa, data[..first])
            && TryWritePhysical(next, data[first..]);
    }

    /// <summary>Reads a system structure: privileged, whoever runs.</summary>
    /// <param name="linear">Any address.</param>
    /// <param name="bytes">1, 2, 4 or 8.</param>
    /// <param name="value">What is there.</param>
    internal bool TryLoadSystem(ulong linear, int bytes, out ulong value)
    {
        Span<byte> buffer = stackalloc byte[sizeof(ulong)];
        Span<byte> data = buffer[..bytes];
        value = 0;
        if (!TryCheckCanonical(linear, bytes) || !TryReadLinear(linear, data, AccessKind.Read, user: false))
            return false;
        value = Assemble<ulong>(data);
        return true;
    }

    /// <summary>Writes a system structure: privileged, whoever runs.</summary>
    /// <inheritdoc cref="TryLoadSystem"/>
    internal bool TryStoreSystem(ulong linear, int bytes, ulong value)
    {
        Span<byte> data = stackalloc byte[sizeof(ulong)];
        for (int index = 0; index < bytes; index++)
            data[index] = (byte)(value >> (index * 8));
        return TryCheckCanonical(linear, bytes) && TryWriteLinear(linear, data[..bytes], user: false);
    }

    static T Assemble<T>(ReadOnlySpan<byte> data)
        where T : unmanaged, IBinaryInteger<T> => T.ReadLittleEndian(data, isUnsigned: true);

    // Outside long mode linear addresses go round at 4 GiB.
    ulong WrapLinear(ulong linear) => IsLong ? linear : (uint)linear;

    // What no TLB entry stands for: addresses that are none, alignment, breakpoints.
    bool TryCheck(ulong linear, int bytes, AccessKind kind)
    {
        if (!TryCheckCanonical(linear, bytes))
            return false;
        if (!ChecksAccesses)
            return true;
        if (IsUser && (State.Cr0 & Cr0.AM) != 0 && (State.SystemFlags & RFlags.AC) != 0
            && bytes < MaxAccess && (linear & (ulong)(bytes - 1)) != 0)
        {
            return Raise(Vector.AlignmentCheck, 0);
        }
        NoteDataBreakpoints(linear, bytes, kind);
        return true;
    }

    bool TryCheckCanonical(ulong linear, int bytes)
    {
        if (Mode != CodeMode.Bits64 || (IsCanonical(linear) && IsCanonical(unchecked(linear + (ulong)bytes - 1))))
            return true;
        return RaiseBadAddress();
    }

    /// <summary>Whether the bits above those that are translated repeat the highest that is.</summary>
    internal bool IsCanonical(ulong linear)
    {
        int unused = (State.Cr4 & Cr4.LA57) != 0 ? 64 - 57 : 64 - 48;
        return (ulong)((long)(linear << unused) >> unused) == linear;
    }
}
