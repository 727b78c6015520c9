using System;
using System.Runtime.CompilerServices;
using System.Threading;
using KvmSharp.Addresses;
using KvmSharp.Buses;
using KvmSharp.Vcpus.Raw;

namespace KvmSharp.Vcpus;

// What the fast paths leave: TLB misses, faults, page crossings, devices, and accesses outside guest mode.
unsafe partial class GuestMemory
{
    const int MaxFragmentLength = sizeof(ulong);

    /// <summary>Copies between guest memory and a buffer, page by page, within the calling access.</summary>
    /// <returns>Whether all of it ended in memory; otherwise <see cref="Fault"/> says what is left.</returns>
    [MethodImpl(MethodImplOptions.NoInlining)]
    bool CopyTyped(ulong address, byte* buffer, int length, bool write)
    {
        _fault.Begin(GuestAccessKind.None, write, new Gpa(address), length);
        bool visit = BeginVisit();
        for (int done = 0; done < length;)
        {
            ulong at = unchecked(address + (ulong)done);
            int piece = Math.Min(length - done, Page.Size - (int)(at & Page.OffsetMask));
            GuestAccessKind kind = Wrapped(address, at) ? GuestAccessKind.Mmio : CopyPiece(at, buffer + done, piece, write);
            if (kind != GuestAccessKind.None)
            {
                if (_fault.Kind == GuestAccessKind.None)
                    _fault.Begin(kind, write, new Gpa(at), length - done);
                if (kind != GuestAccessKind.Mmio)
                {
                    _fault.Kind = kind;
                    break;
                }
                AddFragments(at, done, piece, buffer, write);
            }
            done += piece;
        }
        EndVisit(visit);
        if (_fault.Kind == GuestAccessKind.Mmio)
            Volatile.Write(ref _mmio, _mmio + 1);
        return _fault.Kind == GuestAccessKind.None;
    }

    /// <summary>Copies between guest memory and a span until something else than memory comes.</summary>
    /// <returns>Bytes that ended in memory, from the start.</returns>
    int CopySpan(ulong address, Span<byte> buffer, bool write)
    {
        _fault.Begin(GuestAccessKind.None, write, new Gpa(address), buffer.Length);
        bool visit = BeginVisit();
        int done = 0;
        // SAFETY: the span is fixed for the loop, and pieces stay inside it.
        fixed (byte* start = buffer)
        {
            while (done < buffer.Length)
            {
                ulong at = unchecked(address + (ulong)done);
                int piece = Math.Min(buffer.Length - done, Page.Size - (int)(at & Page.OffsetMask));
                GuestAccessKind kind = Wrapped(address, at) ? GuestAccessKind.Mmio : CopyPiece(at, start + done, piece, write);
                if (kind != GuestAccessKind.None)
                {
                    _fault.Begin(kind, write, new Gpa(at), buffer.Length - done);
                    break;
                }
                done += piece;
            }
        }
        EndVisit(visit);
        if (_fault.Kind == GuestAccessKind.Mmio)
            Volatile.Write(ref _mmio, _mmio + 1);
        return done;
    }

    // Guest memory does not go round: what lies past the last address there is belongs to no slot.
    static bool Wrapped(ulong start, ulong at) => at < start;

    /// <summary>Copies within one page.</summary>
    GuestAccessKind CopyPiece(ulong address, byte* buffer, int length, bool write)
    {
        while (true)
        {
            if ((Volatile.Read(ref Words.Attention) & Attention.Memory) != 0)
            {
                ServeRequests();
                if ((Volatile.Read(ref Words.Attention) & Attention.MachineDead) != 0)
                    return GuestAccessKind.MachineDead;
            }

            TlbEntry* entry = EntryOf(address);
            if (Matches(entry, address, write))
            {
                // The mark, then the attention word: see the steps at the top of the class.
                Volatile.Write(ref Words.InAccess, 1);
                bool quiet = (Volatile.Read(ref Words.Attention) & Attention.Memory) == 0;
                if (quiet)
                {
                    // SAFETY: no flush is pending under the mark, so the entry is good until the mark goes; the piece
                    // stays inside its page, and the buffer is the caller's.
                    byte* host = (byte*)unchecked(address + entry->Addend);
                    if (write)
                        CopySingle(host, buffer, length);
                    else
                        CopySingle(buffer, host, length);
                }
                Volatile.Write(ref Words.InAccess, 0);
                if (quiet)
                    return GuestAccessKind.None;
                continue;
            }

            GuestAccessKind kind = Fill(address, write);
            if (kind != GuestAccessKind.None)
                return kind;
        }
    }

    static bool Matches(TlbEntry* entry, ulong address, bool write)
    {
        ulong tag = write ? entry->Tag : entry->Tag & ~TlbEntry.ReadOnly;
        return tag == (address & ~Page.OffsetMask);
    }

    // Sizes that the processor moves at once are moved at once.
    static void CopySingle(byte* to, byte* from, int length)
    {
        // SAFETY: both sides have the length; CopyPiece has proved it.
        switch (length)
        {
            case sizeof(byte):
                *to = *from;
                break;
            case sizeof(ushort):
                Unsafe.WriteUnaligned(to, Unsafe.ReadUnaligned<ushort>(from));
                break;
            case sizeof(uint):
                Unsafe.WriteUnaligned(to, Unsafe.ReadUnaligned<uint>(from));
                break;
            case sizeof(ulong):
                Unsafe.WriteUnaligned(to, Unsafe.ReadUnaligned<ulong>(from));
                break;
            default:
                Buffer.MemoryCopy(from, to, length, length);
                break;
        }
    }

    /// <summary>Enters guest mode for one access when the owner has not.</summary>
    /// <returns>Whether it did.</returns>
    bool BeginVisit()
    {
        if ((Volatile.Read(ref Words.Attention) & Attention.Outside) == 0)
            return false;
        // Pairs with Vcpu.Ask, as TryEnterGuest does.
        long before = Interlocked.And(ref Words.Attention, ~Attention.Outside);
        if ((before & Attention.Served) != 0)
            ServeRequests();
        return true;
    }

    void EndVisit(bool visit)
    {
        if (visit)
            Interlocked.Or(ref Words.Attention, Attention.Outside);
    }

    // A device sees pieces of up to eight bytes.
    void AddFragments(ulong at, int offset, int length, byte* buffer, bool write)
    {
        for (int done = 0; done < length; done += MaxFragmentLength)
        {
            int piece = Math.Min(MaxFragmentLength, length - done);
            ulong data = 0;
            byte* bytes = buffer + offset + done;
            // SAFETY: the piece lies inside the access's buffer.
            for (int index = 0; index < piece; index++)
            {
                if (write)
                    data |= (ulong)bytes[index] << (index * 8);
                else
                    bytes[index] = 0;
            }
            _fault.Add(new MmioFragment(new Gpa(unchecked(at + (ulong)done)), offset + done, piece, data));
        }
    }

    // Lets the machine's bus and a device complete what is left. On the vCPU's thread, outside guest mode, as an exit to user
    // space is.
    void Complete(IMmioDevice device, byte* buffer, int length)
    {
        // A copy: the device may use this memory itself.
        GuestFault fault = _fault;
        if (fault.Kind != GuestAccessKind.Mmio)
        {
            // Nobody answers: what was not read is all ones, as on an open bus. The caller finds Fault set.
            int missing = fault.IsWrite ? 0 : fault.Length;
            new Span<byte>(buffer + length - missing, missing).Fill(byte.MaxValue);
            return;
        }

        bool wasIn = (Interlocked.Or(ref Words.Attention, Attention.Outside) & Attention.Outside) == 0;
        uint taken = fault.IsWrite ? OfferToBus(fault, buffer) : 0;
        for (int index = 0; index < fault.FragmentCount; index++)
        {
            MmioFragment fragment = fault.Fragment(index);
            // SAFETY: fragments lie inside the access's buffer.
            var data = new Span<byte>(buffer + fragment.Offset, fragment.Length);
            if (!fault.IsWrite)
                device.Read(fragment.Gpa, data);
            else if ((taken & (1u << index)) == 0)
                device.Write(fragment.Gpa, data);
        }
        _fault = fault;
        if (wasIn)
        {
            // As in TryEnterGuest; other requests are for the owner's next poll.
            Interlocked.And(ref Words.Attention, ~Attention.Outside);
            ServeRequests();
        }
    }

    // A bit for each fragment that the bus took. What follows in the page after one that it left is not offered, as in KVM.
    uint OfferToBus(in GuestFault fault, byte* buffer)
    {
        IoBus bus = _vcpu.Machine.Buses.Memory;
        uint taken = 0;
        ulong leftPage = ulong.MaxValue;
        for (int index = 0; index < fault.FragmentCount; index++)
        {
            MmioFragment fragment = fault.Fragment(index);
            ulong page = fragment.Gpa.Value & ~Page.OffsetMask;
            // SAFETY: fragments lie inside the access's buffer.
            var data = new ReadOnlySpan<byte>(buffer + fragment.Offset, fragment.Length);
            if (page != leftPage && bus.TryWrite(fragment.Gpa.Value, data))
                taken |= 1u << index;
            else
                leftPage = page;
        }
        return taken;
    }
}
