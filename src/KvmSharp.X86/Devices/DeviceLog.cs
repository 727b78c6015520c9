using System;
using System.Buffers.Binary;

namespace KvmSharp.X86.Devices;

/// <summary>
/// The device accesses of the instruction that is being executed, and the answers so far. An instruction that needs an
/// answer leaves the CPU and is executed again from its start; the log then gives the answers it has.
/// </summary>
/// <remarks>
/// So no operation has to be written in two halves, and what is done twice – reads of memory, writes of the same bytes – is
/// not seen by devices. KVM's emulator keeps its reads for the same reason.
/// <para>Invariant: 0 ≤ next ≤ answered ≤ count ≤ answered + 1; the last one is waiting when count is answered + 1.</para>
/// </remarks>
sealed class DeviceLog
{
    /// <summary>Bytes that a repeated port instruction moves at once, at most (KVM: the page of port data).</summary>
    internal const int BufferLength = 4096;

    DeviceAccess[] _accesses = new DeviceAccess[4];
    int _next;
    int _answered;
    int _count;

    /// <summary>The data of port accesses.</summary>
    internal byte[] Buffer { get; } = new byte[BufferLength];

    /// <summary>Whether an instruction is half way.</summary>
    internal bool IsActive => _count != 0;

    /// <summary>Whether an access waits for its answer.</summary>
    internal bool IsWaiting => _count != _answered;

    /// <summary>The access that waits.</summary>
    internal ref DeviceAccess Waiting => ref _accesses[_count - 1];

    /// <summary>Forgets all: the instruction is done.</summary>
    internal void Clear() => _next = _answered = _count = 0;

    /// <summary>The instruction starts again.</summary>
    internal void Rewind() => _next = 0;

    /// <summary>Takes the answer to an access, if there is one.</summary>
    /// <remarks>
    /// When the owner has changed registers meanwhile, the instruction may ask for something else; the answers are for
    /// another one then.
    /// </remarks>
    internal bool TryTake(in DeviceAccess access, out DeviceAccess answered)
    {
        answered = default;
        if (_next == _answered)
            return false;
        answered = _accesses[_next];
        if (answered.Kind != access.Kind || answered.Address != access.Address || answered.Length != access.Length)
        {
            Clear();
            return false;
        }
        _next++;
        return true;
    }

    /// <summary>Takes bytes of memory that were noted, if those come next.</summary>
    internal bool TryTakeMemory(Span<byte> data)
    {
        if (_next == _answered || _accesses[_next].Kind != DeviceAccessKind.Memory)
            return false;
        for (int done = 0; done < data.Length; done += sizeof(ulong))
            Unpack(_accesses[_next++].Data, data.Slice(done, Math.Min(sizeof(ulong), data.Length - done)));
        return true;
    }

    /// <summary>Notes an access that waits for its answer.</summary>
    internal void Wait(in DeviceAccess access) => Append() = access;

    /// <summary>Notes what an access has read of memory, before the part of a device.</summary>
    internal void NoteMemory(ReadOnlySpan<byte> data)
    {
        Append() = new DeviceAccess { Kind = DeviceAccessKind.Memory, Length = data.Length, Data = Pack(data) };
        _answered++;
    }

    /// <summary>Notes an access that is done, and that the instruction has gone past.</summary>
    internal void NoteTaken(in DeviceAccess access)
    {
        Append() = access;
        _next = _answered = _count;
    }

    /// <summary>The access that waits has its answer in <see cref="DeviceAccess.Data"/> or the buffer.</summary>
    internal void Answer() => _answered = _count;

    internal static ulong Pack(ReadOnlySpan<byte> data)
    {
        Span<byte> whole = stackalloc byte[sizeof(ulong)];
        whole.Clear();
        data[..Math.Min(data.Length, sizeof(ulong))].CopyTo(whole);
        return BinaryPrimitives.ReadUInt64LittleEndian(whole);
    }

    internal static void Unpack(ulong value, Span<byte> data)
    {
        Span<byte> whole = stackalloc byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64LittleEndian(whole, value);
        whole[..data.Length].CopyTo(data);
    }

    ref DeviceAccess Append()
    {
        if (_count == _accesses.Length)
            Array.Resize(ref _accesses, 2 * _count);
        return ref _accesses[_count++];
    }
}
