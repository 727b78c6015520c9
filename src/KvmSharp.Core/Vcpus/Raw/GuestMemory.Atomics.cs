using System;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Threading;
using KvmSharp.Addresses;
using KvmSharp.Vcpus.Raw;

namespace KvmSharp.Vcpus;

// Atomic operations: real ones on the shared host memory, so that vCPUs, devices and the host see them as one step.
unsafe partial class GuestMemory
{
    /// <summary>Puts a value in place and gives what was there: one step for all who share the memory; a full fence.</summary>
    /// <param name="gpa">A multiple of the size of <typeparamref name="T"/>.</param>
    /// <param name="value">The value.</param>
    /// <param name="original">What was there.</param>
    /// <typeparam name="T">An integer of 1, 2, 4 or 8 bytes.</typeparam>
    /// <returns>Whether it was done; otherwise nothing was, and <see cref="Fault"/> says why.</returns>
    public bool TryExchange<T>(Gpa gpa, T value, out T original)
        where T : unmanaged, IBinaryInteger<T> => TryAtomic<T, ExchangeOperation>(gpa, value, default, out original);

    /// <summary>Puts a value in place if another is there, and gives what was there. Needs write access either way.</summary>
    /// <inheritdoc cref="TryExchange"/>
    public bool TryCompareExchange<T>(Gpa gpa, T value, T comparand, out T original)
        where T : unmanaged, IBinaryInteger<T> => TryAtomic<T, CompareExchangeOperation>(gpa, value, comparand, out original);

    /// <summary>Adds, wrapping, and gives what was there.</summary>
    /// <inheritdoc cref="TryExchange"/>
    public bool TryAdd<T>(Gpa gpa, T value, out T original)
        where T : unmanaged, IBinaryInteger<T> => TryAtomic<T, UpdateOperation<AddUpdate>>(gpa, value, default, out original);

    /// <summary>Keeps the bits that are set in the value, and gives what was there.</summary>
    /// <inheritdoc cref="TryExchange"/>
    public bool TryAnd<T>(Gpa gpa, T value, out T original)
        where T : unmanaged, IBinaryInteger<T> => TryAtomic<T, UpdateOperation<AndUpdate>>(gpa, value, default, out original);

    /// <summary>Sets the bits that are set in the value, and gives what was there.</summary>
    /// <inheritdoc cref="TryExchange"/>
    public bool TryOr<T>(Gpa gpa, T value, out T original)
        where T : unmanaged, IBinaryInteger<T> => TryAtomic<T, UpdateOperation<OrUpdate>>(gpa, value, default, out original);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    bool TryAtomic<T, TOperation>(Gpa gpa, T value, T comparand, out T original)
        where T : unmanaged, IBinaryInteger<T>
        where TOperation : struct, IAtomicOperation
    {
        ulong address = gpa.Value;
        TlbEntry* entry = EntryOf(address);
        Volatile.Write(ref Words.InAccess, 1);
        if ((Volatile.Read(ref Words.Attention) & Attention.Memory) == 0
            && entry->Tag == (address & (~Page.OffsetMask | (ulong)(sizeof(T) - 1))))
        {
            // SAFETY: as for TryWrite; the address is a multiple of the size.
            original = TOperation.Apply(ref *(T*)unchecked(address + entry->Addend), value, comparand);
            Volatile.Write(ref Words.InAccess, 0);
            return true;
        }
        Volatile.Write(ref Words.InAccess, 0);
        return TryAtomicSlowly<T, TOperation>(address, value, comparand, out original);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    bool TryAtomicSlowly<T, TOperation>(ulong address, T value, T comparand, out T original)
        where T : unmanaged, IBinaryInteger<T>
        where TOperation : struct, IAtomicOperation
    {
        original = default;
        if (sizeof(T) is not (sizeof(byte) or sizeof(ushort) or sizeof(uint) or sizeof(ulong)))
            throw new ArgumentException($"{typeof(T)} has {sizeof(T)} bytes; atomic operations have 1, 2, 4 or 8");
        _fault.Begin(GuestAccessKind.None, isWrite: true, new Gpa(address), sizeof(T));
        if ((address & (ulong)(sizeof(T) - 1)) != 0)
        {
            _fault.Kind = GuestAccessKind.Misaligned;
            return false;
        }

        bool visit = BeginVisit();
        while (true)
        {
            // Filling the entry for writing is left to an empty copy's way: it serves requests and faults the page in.
            GuestAccessKind kind = CopyPiece(address, null, 0, write: true);
            if (kind != GuestAccessKind.None)
            {
                _fault.Kind = kind;
                if (kind == GuestAccessKind.Mmio)
                    Volatile.Write(ref _mmio, _mmio + 1);
                break;
            }

            TlbEntry* entry = EntryOf(address);
            Volatile.Write(ref Words.InAccess, 1);
            bool quiet = (Volatile.Read(ref Words.Attention) & Attention.Memory) == 0 && Matches(entry, address, write: true);
            if (quiet)
            {
                // SAFETY: as for TryAtomic.
                original = TOperation.Apply(ref *(T*)unchecked(address + entry->Addend), value, comparand);
            }
            Volatile.Write(ref Words.InAccess, 0);
            if (quiet)
                break;
        }
        EndVisit(visit);
        return _fault.Kind == GuestAccessKind.None;
    }
}
