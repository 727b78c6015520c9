using System;
using System.Collections.Generic;
using KvmSharp.Addresses;
using KvmSharp.HostMemory;
using KvmSharp.Slots;
using KvmSharp.Vcpus;

namespace KvmSharp.Tests.Machines;

// What accesses do and leave.
sealed partial class MachineModel
{
    /// <summary>A vCPU's read or write of one value.</summary>
    public ModelFault Typed(int space, ulong gpa, Span<byte> data, bool write)
    {
        var fault = new ModelFault { Gpa = gpa, Length = data.Length };
        foreach ((ulong at, int offset, int length, bool wrapped) in Pieces(gpa, data.Length))
        {
            GuestAccessKind kind = wrapped ? GuestAccessKind.Mmio : Piece(space, at, data.Slice(offset, length), write);
            if (kind == GuestAccessKind.None)
                continue;
            if (fault.Kind == GuestAccessKind.None)
                (fault.Gpa, fault.Length) = (at, data.Length - offset);
            fault.Kind = kind;
            if (kind != GuestAccessKind.Mmio)
                break;
            for (int done = 0; done < length; done += 8)
            {
                Span<byte> part = data.Slice(offset + done, Math.Min(8, length - done));
                ulong bytes = 0;
                for (int index = 0; write && index < part.Length; index++)
                    bytes |= (ulong)part[index] << (8 * index);
                fault.Fragments.Add(
                    new MmioFragment(new Gpa(unchecked(at + (ulong)done)), offset + done, part.Length, bytes));
                if (!write)
                    part.Clear();
            }
        }
        return fault;
    }

    /// <summary>A vCPU's read or write of bytes, up to the first that is not in reach.</summary>
    public ModelFault Span(int space, ulong gpa, Span<byte> data, bool write, out int done)
    {
        done = 0;
        foreach ((ulong at, int offset, int length, bool wrapped) in Pieces(gpa, data.Length))
        {
            GuestAccessKind kind = wrapped ? GuestAccessKind.Mmio : Piece(space, at, data.Slice(offset, length), write);
            if (kind != GuestAccessKind.None)
                return new ModelFault { Kind = kind, Gpa = at, Length = data.Length - offset };
            done = offset + length;
        }
        return new ModelFault();
    }

    /// <summary>A vCPU's atomic operation: finds the bytes, which the caller then changes.</summary>
    public GuestAccessKind Atomic(int space, ulong gpa, int length, out Span<byte> bytes)
    {
        bytes = default;
        if (gpa % (ulong)length != 0)
            return GuestAccessKind.Misaligned;
        GuestAccessKind kind = Reach(space, gpa, write: true, out int at, out ModelSlot? slot);
        if (kind != GuestAccessKind.None)
            return kind;
        Mark(slot!, gpa);
        bytes = Host.AsSpan(at, length);
        return kind;
    }

    /// <summary>The host's own access to guest memory.</summary>
    public int FromHost(int space, ulong gpa, Span<byte> data, bool write, bool records)
    {
        foreach ((ulong at, int offset, int length, bool wrapped) in Pieces(gpa, data.Length))
        {
            if (wrapped || Piece(space, at, data.Slice(offset, length), write, records) != GuestAccessKind.None)
                return offset;
        }
        return data.Length;
    }

    GuestAccessKind Piece(int space, ulong gpa, Span<byte> data, bool write, bool records = true)
    {
        GuestAccessKind kind = Reach(space, gpa, write, out int at, out ModelSlot? slot);
        if (kind != GuestAccessKind.None)
            return kind;
        Span<byte> host = Host.AsSpan(at, data.Length);
        if (write)
            data.CopyTo(host);
        else
            host.CopyTo(data);
        if (write && records)
            Mark(slot!, gpa);
        return kind;
    }

    GuestAccessKind Reach(int space, ulong gpa, bool write, out int at, out ModelSlot? slot)
    {
        at = 0;
        slot = ByFrame(space, gpa / Page.Size);
        if (slot is null || (write && (slot.Flags & SlotFlags.ReadOnly) != 0))
            return GuestAccessKind.Mmio;
        at = (int)(slot.Hva - Start.Value + (gpa - slot.Gfn * Page.Size));
        HostProtection protection = Protections[at / Page.Size];
        return protection == HostProtection.None || (write && protection == HostProtection.Read)
            ? GuestAccessKind.HostFault
            : GuestAccessKind.None;
    }

    static void Mark(ModelSlot slot, ulong gpa)
    {
        if (slot.Dirty is { } dirty)
            dirty[gpa / Page.Size - slot.Gfn] = true;
    }

    static IEnumerable<(ulong At, int Offset, int Length, bool Wrapped)> Pieces(ulong gpa, int length)
    {
        for (int offset = 0; offset < length;)
        {
            UInt128 at = (UInt128)gpa + (ulong)offset;
            int piece = Math.Min(length - offset, Page.Size - (int)((ulong)at % Page.Size));
            yield return ((ulong)at, offset, piece, at > ulong.MaxValue);
            offset += piece;
        }
    }
}

/// <summary>What an access leaves.</summary>
sealed class ModelFault
{
    public GuestAccessKind Kind { get; set; }

    public ulong Gpa { get; set; }

    public int Length { get; set; }

    public List<MmioFragment> Fragments { get; } = [];
}
