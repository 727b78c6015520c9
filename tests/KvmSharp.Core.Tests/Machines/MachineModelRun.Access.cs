using System;
using System.Buffers.Binary;
using System.Numerics;
using KvmSharp.Addresses;
using KvmSharp.Slots;
using KvmSharp.Vcpus;

namespace KvmSharp.Tests.Machines;

// Accesses of every size and kind.
sealed partial class MachineModelRun
{
    readonly byte[] _real = new byte[3 * Page.Size];
    readonly byte[] _expected = new byte[3 * Page.Size];

    void AccessFromGuest(Vcpu vcpu)
    {
        int space = vcpu.AddressSpace.Value;
        ulong gpa = PickAddress(space);
        bool write = _random.Next(2) == 0;
        switch (_random.Next(24))
        {
            case < 4:
                Typed<byte>(vcpu, gpa, write);
                break;
            case < 7:
                Typed<ushort>(vcpu, gpa, write);
                break;
            case < 10:
                Typed<uint>(vcpu, gpa, write);
                break;
            case < 13:
                Typed<ulong>(vcpu, gpa, write);
                break;
            case < 16:
                Typed<UInt128>(vcpu, gpa, write);
                break;
            case 16:
                Atomic<byte>(vcpu, gpa);
                break;
            case 17:
                Atomic<ushort>(vcpu, gpa);
                break;
            case 18:
                Atomic<uint>(vcpu, gpa);
                break;
            case 19:
                Atomic<ulong>(vcpu, gpa);
                break;
            default:
                Span(vcpu, gpa, write);
                break;
        }
    }

    void Typed<T>(Vcpu vcpu, ulong gpa, bool write)
        where T : unmanaged, IBinaryInteger<T>
    {
        T sent = T.CreateTruncating(PickValue());
        T value = sent;
        bool complete = write ? vcpu.Memory.TryWrite(new Gpa(gpa), sent) : vcpu.Memory.TryRead(new Gpa(gpa), out value);

        Span<byte> data = _expected.AsSpan(0, value.GetByteCount());
        sent.WriteLittleEndian(data);
        if (!write)
            data.Clear();
        ModelFault fault = _model.Typed(vcpu.AddressSpace.Value, gpa, data, write);
        Require(complete, fault.Kind == GuestAccessKind.None, "completion");
        if (!write)
            Require(value, T.ReadLittleEndian(data, isUnsigned: true), "value");
        if (!complete)
            Compare(vcpu.Memory.Fault, fault, write);
    }

    void Span(Vcpu vcpu, ulong gpa, bool write)
    {
        int length = PickLength();
        _random.NextBytes(_real.AsSpan(0, length));
        _real.CopyTo(_expected, 0);
        ModelFault fault = _model.Span(vcpu.AddressSpace.Value, gpa, _expected.AsSpan(0, length), write, out int expected);

        bool complete = write
            ? vcpu.Memory.TryWrite(new Gpa(gpa), _real.AsSpan(0, length), out int done)
            : vcpu.Memory.TryRead(new Gpa(gpa), _real.AsSpan(0, length), out done);

        Require((complete, done), (expected == length, expected), "bytes");
        Require(_real.AsSpan(0, length).SequenceEqual(_expected.AsSpan(0, length)), true, "data");
        if (!complete)
            Compare(vcpu.Memory.Fault, fault, write);
    }

    void Atomic<T>(Vcpu vcpu, ulong gpa)
        where T : unmanaged, IBinaryInteger<T>
    {
        int size = T.Zero.GetByteCount();
        if (_random.Next(4) != 0)
            gpa -= gpa % (ulong)size;
        T value = T.CreateTruncating(PickValue());
        T comparand = T.CreateTruncating(_random.Next(2));
        int operation = _random.Next(5);

        GuestMemory memory = vcpu.Memory;
        T original;
        bool complete = operation switch
        {
            0 => memory.TryExchange(new Gpa(gpa), value, out original),
            1 => memory.TryCompareExchange(new Gpa(gpa), value, comparand, out original),
            2 => memory.TryAdd(new Gpa(gpa), value, out original),
            3 => memory.TryAnd(new Gpa(gpa), value, out original),
            _ => memory.TryOr(new Gpa(gpa), value, out original),
        };

        GuestAccessKind kind = _model.Atomic(vcpu.AddressSpace.Value, gpa, size, out Span<byte> bytes);
        Require(complete, kind == GuestAccessKind.None, "completion");
        if (!complete)
        {
            Compare(memory.Fault, new ModelFault { Kind = kind, Gpa = gpa, Length = size }, write: true);
            return;
        }
        T before = T.ReadLittleEndian(bytes, isUnsigned: true);
        Require(original, before, "original value");
        T after = operation switch
        {
            0 => value,
            1 => before == comparand ? value : before,
            2 => unchecked(before + value),
            3 => before & value,
            _ => before | value,
        };
        after.WriteLittleEndian(bytes);
    }

    void AccessFromHost()
    {
        int space = _random.Next(Spaces);
        MachineMemory memory = _vm.MemoryOf(new AddressSpaceId((byte)space));
        ulong gpa = PickAddress(space);
        bool write = _random.Next(2) == 0;
        int length = PickLength();
        memory.RecordsWrites = _random.Next(2) == 0;
        _random.NextBytes(_real.AsSpan(0, length));
        _real.CopyTo(_expected, 0);

        bool complete = write
            ? memory.TryWrite(new Gpa(gpa), _real.AsSpan(0, length), out int done)
            : memory.TryRead(new Gpa(gpa), _real.AsSpan(0, length), out done);

        int expected = _model.FromHost(space, gpa, _expected.AsSpan(0, length), write, memory.RecordsWrites);
        Require((complete, done), (expected == length, expected), "bytes");
        Require(_real.AsSpan(0, length).SequenceEqual(_expected.AsSpan(0, length)), true, "data");
    }

    static void Compare(in GuestFault fault, ModelFault expected, bool write)
    {
        Require(fault.Kind, expected.Kind, "kind of fault");
        Require((fault.Gpa.Value, fault.Length, fault.IsWrite), (expected.Gpa, expected.Length, write), "what is left");
        if (expected.Kind != GuestAccessKind.Mmio)
            return;
        Require(fault.FragmentCount, expected.Fragments.Count, "fragments");
        for (int index = 0; index < fault.FragmentCount; index++)
            Require(fault.Fragment(index), expected.Fragments[index], "fragment");
    }

    // Zeros and ones are frequent, so that comparisons succeed.
    UInt128 PickValue()
    {
        Span<byte> bytes = stackalloc byte[16];
        if (_random.Next(3) != 0)
            _random.NextBytes(bytes);
        return BinaryPrimitives.ReadUInt128LittleEndian(bytes) + (UInt128)_random.Next(2);
    }

    int PickLength() => _random.Next(4) switch
    {
        0 => _random.Next(0, 17),
        1 => _random.Next(0, _real.Length + 1),
        2 => Page.Size * _random.Next(1, 4),
        _ => _random.Next(0, 256),
    };

    // Any byte, and often one of the last or first sixteen of a page.
    ulong PickAddress(int space)
    {
        if (_edges.Length != 0)
            return PickEdge();
        if (_random.Next(64) == 0)
            return ulong.MaxValue - (ulong)_random.Next(2 * Page.Size);
        int offset = _random.Next(4) switch
        {
            0 => Page.Size - _random.Next(1, 17),
            1 => _random.Next(17),
            _ => _random.Next(Page.Size),
        };
        return unchecked((PickFrame(space) << Page.Shift) + (ulong)offset);
    }
}
