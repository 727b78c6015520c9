using System;
using System.Runtime.CompilerServices;
using System.Threading;
using KvmSharp.Addresses;
using KvmSharp.DirtyLog;
using KvmSharp.HostMemory;
using KvmSharp.Reclaim;
using KvmSharp.Slots;

namespace KvmSharp.Vcpus;

/// <summary>
/// Guest physical memory as the rest of the machine sees it: device models, loaders, debuggers – any thread, no vCPU.
/// </summary>
/// <remarks>
/// KVM's <c>kvm_read_guest</c> and <c>kvm_write_guest</c>: pages are looked up one by one, an access ends at the first
/// page that cannot be reached (<see cref="KvmErrno.EFAULT"/>), and what came before stays done. Thread-safe. Each page is
/// copied inside a read section, so slots are not taken away under it.
/// <para>
/// KVM records in dirty logs what the guest writes, and what is written on its behalf by a vCPU
/// (<see cref="TryWrite(Vcpu, Gpa, ReadOnlySpan{byte}, out int)"/>). Other writes made here are recorded only while
/// <see cref="RecordsWrites"/> is set.
/// </para>
/// </remarks>
public sealed unsafe class MachineMemory
{
    readonly VirtualMachine _machine;
    readonly AddressSpaceId _space;

    internal MachineMemory(VirtualMachine machine, AddressSpaceId space)
    {
        _machine = machine;
        _space = space;
    }

    /// <summary>
    /// Whether writes made here are recorded in dirty bitmaps, as the guest's are. Off, as in KVM, unless it is set. With
    /// dirty rings there is nowhere to record what no vCPU has done.
    /// </summary>
    public bool RecordsWrites { get; set; }

    /// <summary>Reads from guest memory.</summary>
    /// <param name="gpa">The first address.</param>
    /// <param name="data">Where the bytes go.</param>
    /// <param name="done">Bytes that were read.</param>
    /// <returns>Whether that is all.</returns>
    public bool TryRead(Gpa gpa, Span<byte> data, out int done)
    {
        // SAFETY: the span is fixed for the call.
        fixed (byte* start = data)
            done = Copy(gpa.Value, start, data.Length, write: false, null);
        return done == data.Length;
    }

    /// <summary>Writes to guest memory. A read-only slot cannot be written.</summary>
    /// <param name="gpa">The first address.</param>
    /// <param name="data">The bytes.</param>
    /// <param name="done">Bytes that were written.</param>
    /// <returns>Whether that is all.</returns>
    public bool TryWrite(Gpa gpa, ReadOnlySpan<byte> data, out int done)
    {
        // SAFETY: the span is fixed for the call and only read.
        fixed (byte* start = data)
            done = Copy(gpa.Value, start, data.Length, write: true, null);
        return done == data.Length;
    }

    /// <summary>
    /// Writes to guest memory on behalf of a vCPU, as an emulated instruction does (<c>kvm_vcpu_write_guest</c>): logged
    /// slots record it, in a ring once for each page of each write.
    /// </summary>
    /// <param name="vcpu">The vCPU; for its owner, outside guest mode.</param>
    /// <param name="gpa">The first address, in this memory's address space.</param>
    /// <param name="data">The bytes.</param>
    /// <param name="done">Bytes that were written: up to what is not writable memory, or until the vCPU's ring is full.</param>
    /// <returns>Whether that is all.</returns>
    public bool TryWrite(Vcpu vcpu, Gpa gpa, ReadOnlySpan<byte> data, out int done)
    {
        ArgumentNullException.ThrowIfNull(vcpu);
        if (!ReferenceEquals(vcpu.Machine, _machine))
            throw new ArgumentException("a vCPU of another machine", nameof(vcpu));
        // SAFETY: the span is fixed for the call and only read.
        fixed (byte* start = data)
            done = Copy(gpa.Value, start, data.Length, write: true, vcpu);
        return done == data.Length;
    }

    /// <summary>Reads a value.</summary>
    /// <returns>Whether all of it lies in memory.</returns>
    public bool TryRead<T>(Gpa gpa, out T value)
        where T : unmanaged
    {
        T buffer = default;
        bool complete = Copy(gpa.Value, (byte*)&buffer, sizeof(T), write: false, null) == sizeof(T);
        value = buffer;
        return complete;
    }

    /// <summary>Writes a value.</summary>
    /// <returns>Whether all of it lies in memory that can be written.</returns>
    public bool TryWrite<T>(Gpa gpa, T value)
        where T : unmanaged => Copy(gpa.Value, (byte*)&value, sizeof(T), write: true, null) == sizeof(T);

    /// <summary>Reads a value.</summary>
    /// <exception cref="KvmException"><see cref="KvmErrno.EFAULT"/>: not all of it lies in memory.</exception>
    public T Read<T>(Gpa gpa)
        where T : unmanaged => TryRead(gpa, out T value) ? value : throw Unreachable("read", gpa, sizeof(T));

    /// <summary>Writes a value.</summary>
    /// <exception cref="KvmException"><see cref="KvmErrno.EFAULT"/>: not all of it lies in writable memory.</exception>
    public void Write<T>(Gpa gpa, T value)
        where T : unmanaged
    {
        if (!TryWrite(gpa, value))
            throw Unreachable("write", gpa, sizeof(T));
    }

    int Copy(ulong address, byte* buffer, int length, bool write, Vcpu? vcpu)
    {
        SlotStore store = _machine.Slots.SpaceOf(_space).Store;
        int done = 0;
        while (done < length)
        {
            ulong at = unchecked(address + (ulong)done);
            int piece = Math.Min(length - done, Page.Size - (int)(at & Page.OffsetMask));
            if (at < address || !TryCopyPiece(store, at, buffer + done, piece, write, vcpu))
                break;
            done += piece;
        }
        return done;
    }

    bool TryCopyPiece(SlotStore store, ulong address, byte* buffer, int length, bool write, Vcpu? vcpu)
    {
        var gfn = new Gfn(address >> Page.Shift);
        var spin = new SpinWait();
        bool done;
        while (!TryCopyPiece(store, gfn, address, buffer, length, write, vcpu, out done))
            spin.SpinOnce(sleep1Threshold: -1);
        return done;
    }

    // False: the host is changing the page just now, try again.
    bool TryCopyPiece(
        SlotStore store, Gfn gfn, ulong address, byte* buffer, int length, bool write, Vcpu? vcpu, out bool done)
    {
        done = false;
        // A caller with a section of its own cannot wait: the invalidation may be waiting for that section.
        bool mayWait = !ReadSections.IsInside;
        using (_machine.Sections.Enter())
        {
            // An invalidation that has begun may have waited for readers already. One that begins after this look waits
            // for this section: the look comes after the announcement, and there the wait comes after the begin.
            if (mayWait && _machine.Mmu.IsBeingInvalidated(gfn))
                return false;
            if (store.Active.Find(gfn) is not { IsVisible: true } slot || (write && slot.IsReadOnly))
                return true;
            Hva hva = slot.ToHva(gfn);
            if (slot.Backing is { } backing)
            {
                HostProtection protection = backing.ProtectionAt(hva, out _);
                if (protection == HostProtection.None || (write && protection == HostProtection.Read))
                    return true;
            }
            DirtyRing? ring = slot.IsLogged ? vcpu?.DirtyRing : null;
            if (write && ring is { IsFull: true })
                return true;
            // SAFETY: the slot was found inside the read section, so its memory stays until the section ends, and its
            // protection too, which is taken away only after readers have been waited for. The piece stays in its page.
            byte* host = (byte*)(hva.Value + (address & Page.OffsetMask));
            if (write)
            {
                Unsafe.CopyBlockUnaligned(host, buffer, (uint)length);
                // The data first, then the mark.
                if (ring is not null)
                    vcpu!.PushDirty(slot.Word, gfn - slot.Base);
                if (RecordsWrites || vcpu is not null || _machine.DirtyTracking.RecordsAll)
                    slot.DirtyBitmap?.Mark(gfn - slot.Base);
                _machine.WriteTracking.NoteWrite(_space, gfn);
            }
            else
            {
                Unsafe.CopyBlockUnaligned(buffer, host, (uint)length);
            }
            done = true;
            return true;
        }
    }

    static KvmException Unreachable(string what, Gpa gpa, int length) =>
        new($"guest memory {what}", KvmErrno.EFAULT, $"0x{length:x} bytes at {gpa} are not all in reach");
}
