using System;
using KvmSharp.Addresses;
using KvmSharp.Buses;
using KvmSharp.Vcpus;
using KvmSharp.X86.Devices;
using KvmSharp.X86.Events;

namespace KvmSharp.X86;

// Guest physical memory on the long way, and what is not memory.
partial class Cpu
{
    const int MaxFragment = sizeof(ulong);

    /// <summary>The device accesses of the instruction under way.</summary>
    internal DeviceLog DeviceLog { get; } = new();

    /// <summary>Asks the owner to answer an access; port data are in <see cref="DeviceLog.Buffer"/>.</summary>
    /// <param name="access">The access.</param>
    /// <returns><see langword="false"/> when the instruction waits for its answer.</returns>
    internal bool TryAsk(ref DeviceAccess access) => TryTakeAnswer(ref access) || Wait(in access);

    /// <summary>A write to a device: the machine's bus takes it, or else the owner is asked.</summary>
    /// <param name="bus">The bus.</param>
    /// <param name="access">The write, of one item; afterwards it says whether the bus took it.</param>
    /// <param name="data">Its bytes.</param>
    /// <returns><see langword="false"/> when the instruction waits, or is to be executed again by itself.</returns>
    internal bool TryTell(IoBus bus, ref DeviceAccess access, ReadOnlySpan<byte> data)
    {
        if (!_single && (IsAtApic(bus, access.Address) || bus.IsWatched(access.Address, access.Length)))
        {
            // What the bus takes is done once, but an instruction that then asks the owner is executed again. The log
            // tells what was done, and is kept and cleared where instructions are executed one by one.
            _stepsNext = true;
            Stop = StopReason.Again;
            return false;
        }
        if (TryTakeAnswer(ref access))
            return true;
        if (!_single || !TryWriteInside(bus, access.Address, data))
            return Wait(in access);
        access.IsTaken = true;
        DeviceLog.NoteTaken(in access);
        return true;
    }

    /// <summary>A read from a device: one inside the machine answers, or else the owner is asked.</summary>
    /// <param name="bus">The bus.</param>
    /// <param name="access">The read, of one item; afterwards it says whether the answer is from inside.</param>
    /// <param name="data">Room for its bytes, which are filled if it is from inside.</param>
    /// <returns><see langword="false"/> when the instruction waits, or is to be executed again by itself.</returns>
    internal bool TryQuery(IoBus bus, ref DeviceAccess access, Span<byte> data)
    {
        if (!_single && (IsAtApic(bus, access.Address) || bus.AnswersReads(access.Address, access.Length)))
        {
            // As in TryTell: devices are asked once.
            _stepsNext = true;
            Stop = StopReason.Again;
            return false;
        }
        if (TryTakeAnswer(ref access))
        {
            if (access.IsTaken)
                DeviceLog.Unpack(access.Data, data);
            return true;
        }
        if (!_single || !TryReadInside(bus, access.Address, data))
            return Wait(in access);
        access.Data = DeviceLog.Pack(data);
        access.IsTaken = true;
        DeviceLog.NoteTaken(in access);
        return true;
    }

    bool TryTakeAnswer(ref DeviceAccess access)
    {
        if (!DeviceLog.TryTake(in access, out DeviceAccess answered))
            return false;
        access.Data = answered.Data;
        access.Count = answered.Count;
        access.IsTaken = answered.IsTaken;
        return true;
    }

    bool Wait(in DeviceAccess access)
    {
        DeviceLog.Wait(access);
        Stop = StopReason.DeviceExit;
        return false;
    }

    // Reads within a page.
    bool TryReadPhysical(ulong gpa, Span<byte> data)
    {
        if (Memory.TryRead(new Gpa(gpa), data, out int done))
            return true;
        return TryReadDevice(gpa + (ulong)done, data[done..]);
    }

    // Writes within a page.
    bool TryWritePhysical(ulong gpa, ReadOnlySpan<byte> data)
    {
        if (Memory.TryWrite(new Gpa(gpa), data, out int done))
        {
            NoteStore(gpa, data.Length);
            return true;
        }
        if (Memory.Fault.Kind != GuestAccessKind.Mmio)
            return StopForMemory();
        bool isOffered = true;
        for (; done < data.Length; done += MaxFragment)
        {
            ReadOnlySpan<byte> fragment = data.Slice(done, Math.Min(MaxFragment, data.Length - done));
            var access = new DeviceAccess
            {
                Kind = DeviceAccessKind.MmioWrite,
                Address = gpa + (ulong)done,
                Length = fragment.Length,
                Count = 1,
                Data = DeviceLog.Pack(fragment),
            };
            if (isOffered ? !TryTell(Vcpu.Machine.Buses.Memory, ref access, fragment) : !TryAsk(ref access))
                return false;
            // What follows a piece that the bus has left is the owner's too, as in KVM.
            isOffered = access.IsTaken;
        }
        return true;
    }

    bool TryReadDevice(ulong gpa, Span<byte> data)
    {
        if (Memory.Fault.Kind != GuestAccessKind.Mmio)
            return StopForMemory();
        bool isOffered = true;
        for (int done = 0; done < data.Length; done += MaxFragment)
        {
            Span<byte> fragment = data.Slice(done, Math.Min(MaxFragment, data.Length - done));
            var access = new DeviceAccess
            {
                Kind = DeviceAccessKind.MmioRead,
                Address = gpa + (ulong)done,
                Length = fragment.Length,
                Count = 1,
            };
            if (isOffered ? !TryQuery(Vcpu.Machine.Buses.Memory, ref access, fragment) : !TryAsk(ref access))
                return false;
            isOffered = access.IsTaken;
            DeviceLog.Unpack(access.Data, fragment);
        }
        return true;
    }

    // Reads on both sides of a page boundary. If one side is a device's, the other is kept: an instruction that goes on to
    // write both must find it again as it was.
    bool TryReadCrossing(ulong gpa, Span<byte> first, ulong next, Span<byte> second)
    {
        if (!DeviceLog.IsActive)
        {
            bool firstInMemory = Memory.TryRead(new Gpa(gpa), first, out _);
            if (firstInMemory && Memory.TryRead(new Gpa(next), second, out _))
                return true;
            if (firstInMemory && Memory.Fault.Kind == GuestAccessKind.Mmio)
                NoteMemory(first);
            else
                return TryReadPhysical(gpa, first) && TryReadPhysical(next, second);
        }
        return TryReadKept(gpa, first) && TryReadKept(next, second);
    }

    bool TryReadKept(ulong gpa, Span<byte> data)
    {
        if (DeviceLog.TryTakeMemory(data))
            return true;
        return TryReadPhysical(gpa, data);
    }

    // More than eight bytes take two notes.
    void NoteMemory(ReadOnlySpan<byte> data)
    {
        for (int done = 0; done < data.Length; done += MaxFragment)
            DeviceLog.NoteMemory(data.Slice(done, Math.Min(MaxFragment, data.Length - done)));
        DeviceLog.Rewind();
    }

    // Host memory that may not be touched, or a machine that is dead: the owner is told.
    bool StopForMemory()
    {
        Exit = Memory.Fault.Kind switch
        {
            GuestAccessKind.MachineDead => ExitKind.MachineDead,
            GuestAccessKind.DirtyRingFull => ExitKind.DirtyRingFull,
            _ => ExitKind.HostFault,
        };
        Stop = StopReason.DeviceExit;
        return false;
    }
}
