using System;
using System.Runtime.CompilerServices;
using System.Threading;
using KvmSharp.Addresses;
using KvmSharp.Vcpus.Raw;

namespace KvmSharp.Vcpus;

// Reads and writes of single values and of spans.
unsafe partial class GuestMemory
{
    /// <summary>Bytes in a typed access at most.</summary>
    public const int MaxTypedLength = 16;

    /// <summary>Reads a value of 1 … 16 bytes.</summary>
    /// <param name="gpa">Any address; it may cross pages and slots.</param>
    /// <param name="value">The value; where <see cref="Fault"/> has fragments, zeros for a device to fill.</param>
    /// <returns>Whether all of it came from memory; otherwise <see cref="Fault"/> says what is left.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryRead<T>(Gpa gpa, out T value)
        where T : unmanaged
    {
        ulong address = gpa.Value;
        TlbEntry* entry = EntryOf(address);
        Volatile.Write(ref Words.InAccess, 1);
        if ((Volatile.Read(ref Words.Attention) & Attention.Memory) == 0
            && (entry->Tag & ~TlbEntry.ReadOnly) == LastPage<T>(address))
        {
            // SAFETY: no flush is pending under the mark, so the entry is good until the mark goes; the access lies
            // inside its page.
            value = Unsafe.ReadUnaligned<T>((void*)unchecked(address + entry->Addend));
            Volatile.Write(ref Words.InAccess, 0);
            return true;
        }
        Volatile.Write(ref Words.InAccess, 0);
        // A variable of its own: where this is inlined, one that is passed by reference cannot be in a register.
        bool complete = ReadSlowly(address, out T buffer);
        value = buffer;
        return complete;
    }

    /// <summary>Writes a value of 1 … 16 bytes.</summary>
    /// <param name="gpa">Any address; it may cross pages and slots.</param>
    /// <param name="value">The value.</param>
    /// <returns>Whether all of it went to memory; otherwise <see cref="Fault"/> says what is left.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryWrite<T>(Gpa gpa, T value)
        where T : unmanaged
    {
        ulong address = gpa.Value;
        TlbEntry* entry = EntryOf(address);
        Volatile.Write(ref Words.InAccess, 1);
        if ((Volatile.Read(ref Words.Attention) & Attention.Memory) == 0 && entry->Tag == LastPage<T>(address))
        {
            // SAFETY: as for TryRead; the entry's tag says that the page may be written.
            Unsafe.WriteUnaligned((void*)unchecked(address + entry->Addend), value);
            Volatile.Write(ref Words.InAccess, 0);
            return true;
        }
        Volatile.Write(ref Words.InAccess, 0);
        return WriteSlowly(address, value);
    }

    /// <summary>Reads a value of 1 … 16 bytes; <see cref="Device"/> answers for what is not memory.</summary>
    /// <remarks>Where nobody can answer (host fault, dead machine) all bits are set and <see cref="Fault"/> says why.</remarks>
    public T Read<T>(Gpa gpa)
        where T : unmanaged
    {
        if (!TryRead(gpa, out T value))
            Complete(Device, (byte*)&value, sizeof(T));
        return value;
    }

    /// <summary>Writes a value of 1 … 16 bytes; the machine's bus or <see cref="Device"/> takes what is not memory.</summary>
    /// <remarks>Where nobody can take it (host fault, dead machine) it is lost and <see cref="Fault"/> says why.</remarks>
    public void Write<T>(Gpa gpa, T value)
        where T : unmanaged
    {
        if (!TryWrite(gpa, value))
            Complete(Device, (byte*)&value, sizeof(T));
    }

    /// <summary>
    /// Completes the typed access that just returned <see langword="false"/>, when <see cref="Fault"/> has fragments: the
    /// device fills what a read lacks, or takes what a write could not put into memory, unless the machine's bus takes it
    /// (<see cref="Buses.MachineBuses.Memory"/>).
    /// </summary>
    /// <param name="device">The device.</param>
    /// <param name="value">The value that was read in part, or was to be written.</param>
    public void Complete<T>(IMmioDevice device, ref T value)
        where T : unmanaged
    {
        ArgumentNullException.ThrowIfNull(device);
        if (sizeof(T) < _fault.LengthOfAccess)
            throw new ArgumentException($"{typeof(T)} is not what the access of {_fault.LengthOfAccess} bytes was made with");
        T buffer = value;
        Complete(device, (byte*)&buffer, sizeof(T));
        value = buffer;
    }

    /// <summary>Fills a span from guest memory, across pages and slots.</summary>
    /// <param name="gpa">The first address.</param>
    /// <param name="data">Where the bytes go.</param>
    /// <param name="done">Bytes that came from memory, up to the first that did not.</param>
    /// <returns>Whether all of it did; otherwise <see cref="Fault"/> says what came.</returns>
    public bool TryRead(Gpa gpa, Span<byte> data, out int done)
    {
        done = CopySpan(gpa.Value, data, write: false);
        return done == data.Length;
    }

    /// <summary>Writes a span to guest memory, across pages and slots.</summary>
    /// <param name="gpa">The first address.</param>
    /// <param name="data">The bytes.</param>
    /// <param name="done">Bytes that went to memory, up to the first that did not.</param>
    /// <returns>Whether all of it did; otherwise <see cref="Fault"/> says what came.</returns>
    public bool TryWrite(Gpa gpa, ReadOnlySpan<byte> data, out int done)
    {
        // SAFETY: a write only reads the buffer.
        fixed (byte* start = data)
            done = CopySpan(gpa.Value, new Span<byte>(start, data.Length), write: true);
        return done == data.Length;
    }

    // A miss that the second stage answers is by far the most common reason to come here, so it goes first and light.
    [MethodImpl(MethodImplOptions.NoInlining)]
    bool ReadSlowly<T>(ulong address, out T value)
        where T : unmanaged
    {
        if (TryRefill(address, LastPage<T>(address), write: false))
        {
            TlbEntry* entry = EntryOf(address);
            Volatile.Write(ref Words.InAccess, 1);
            if ((Volatile.Read(ref Words.Attention) & Attention.Memory) == 0)
            {
                // SAFETY: as for TryRead; the entry was just made for this page.
                value = Unsafe.ReadUnaligned<T>((void*)unchecked(address + entry->Addend));
                Volatile.Write(ref Words.InAccess, 0);
                return true;
            }
            Volatile.Write(ref Words.InAccess, 0);
        }

        CheckLength<T>();
        T buffer = default;
        bool complete = CopyTyped(address, (byte*)&buffer, sizeof(T), write: false);
        value = buffer;
        return complete;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    bool WriteSlowly<T>(ulong address, T value)
        where T : unmanaged
    {
        if (TryRefill(address, LastPage<T>(address), write: true))
        {
            TlbEntry* entry = EntryOf(address);
            Volatile.Write(ref Words.InAccess, 1);
            if ((Volatile.Read(ref Words.Attention) & Attention.Memory) == 0)
            {
                // SAFETY: as for TryWrite; the entry was just made for this page, and for writing.
                Unsafe.WriteUnaligned((void*)unchecked(address + entry->Addend), value);
                Volatile.Write(ref Words.InAccess, 0);
                return true;
            }
            Volatile.Write(ref Words.InAccess, 0);
        }

        CheckLength<T>();
        return CopyTyped(address, (byte*)&value, sizeof(T), write: true);
    }

    static void CheckLength<T>()
        where T : unmanaged
    {
        if (sizeof(T) > MaxTypedLength)
            throw new ArgumentException($"{typeof(T)} has {sizeof(T)} bytes; use the span form above {MaxTypedLength}");
    }
}
