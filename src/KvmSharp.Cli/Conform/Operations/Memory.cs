using System;
using System.Linq;
using System.Security.Cryptography;
using KvmSharp.Addresses;
using KvmSharp.Cli.Conform.Language;
using KvmSharp.Cli.Conform.Machines;

namespace KvmSharp.Cli.Conform.Operations;

/// <summary>A stretch of the host memory that a file has.</summary>
static class ArenaExtent
{
    internal static Span<byte> Of(ConformMachine machine, Expression address, int length)
    {
        ulong offset = address.FromArena ? address.Constant : ulong.MaxValue;
        return offset <= ConformMachine.ArenaBytes && (ulong)length <= ConformMachine.ArenaBytes - offset
            ? machine.Arena.AsSpan(offset, length)
            : throw new ConformRunException($"{(address.FromArena ? "h+" : "")}0x{address.Constant:x} is not in the host memory");
    }
}

/// <summary><c>poke ADDRESS BYTES…</c>: writes to host memory, as the user's own program does.</summary>
sealed class Poke(ArgumentReader reader) : Operation
{
    readonly Expression _address = reader.Number("an address");
    readonly byte[] _bytes = reader.Bytes();

    internal override string Run(ConformMachine machine)
    {
        _bytes.CopyTo(ArenaExtent.Of(machine, _address, _bytes.Length));
        return Outcome.Done;
    }
}

/// <summary><c>peek ADDRESS COUNT</c>: reads host memory.</summary>
sealed class Peek(ArgumentReader reader) : Operation
{
    const ulong Most = 4096;

    readonly Expression _address = reader.Number("an address");
    readonly Expression _count = reader.Number("a count");

    internal override string Run(ConformMachine machine) =>
        Outcome.OfData(ArenaExtent.Of(machine, _address, (int)Math.Min(_count.On(0), Most)));
}

/// <summary><c>discard ADDRESS SIZE</c>: gives pages of host memory back; they read as zeros then (<c>MADV_DONTNEED</c>).</summary>
sealed class DiscardPages(ArgumentReader reader) : Operation
{
    readonly Expression _address = reader.Number("an address");
    readonly Expression _size = reader.Number("a size");

    internal override string Run(ConformMachine machine)
    {
        ulong size = _size.On(0);
        if (((_address.Constant | size) & Page.OffsetMask) != 0 || size > ConformMachine.ArenaBytes)
            throw new ConformRunException($"0x{size:x} bytes at 0x{_address.Constant:x} are not whole pages");
        ArenaExtent.Of(machine, _address, (int)size);
        machine.Arena.Discard(_address.Constant, size);
        return Outcome.Done;
    }
}

/// <summary><c>sum ADDRESS COUNT</c>: a checksum of host memory.</summary>
sealed class Sum(ArgumentReader reader) : Operation
{
    readonly Expression _address = reader.Number("an address");
    readonly Expression _count = reader.Number("a count");

    internal override string Run(ConformMachine machine)
    {
        int count = (int)Math.Min(_count.On(0), ConformMachine.ArenaBytes);
        return $"sum:{Convert.ToHexStringLower(SHA256.HashData(ArenaExtent.Of(machine, _address, count))[..8])}";
    }
}

/// <summary>
/// <c>stub ID gpa=</c>: places the page of code from which guest accesses are made, in a slot of its own.
/// </summary>
sealed class PlaceStub(ArgumentReader reader) : Operation
{
    const ulong RealModeEnd = 1 << 20;

    readonly SlotWordArgument _word = new(reader);
    readonly Expression _gpa = reader.Number("gpa", 0xf_0000);

    internal override string Run(ConformMachine machine)
    {
        ulong gpa = _gpa.On(0);
        if (gpa > RealModeEnd - Page.Size)
            throw new ConformRunException($"the stub at 0x{gpa:x} is not below 1 MiB, where real mode can run");
        return Outcome.Of(machine.PlaceStub(_word.On(machine), new Gpa(gpa)));
    }
}

/// <summary><c>write VCPU GPA VALUE size=</c>: a guest's write of 1, 2 or 4 bytes.</summary>
sealed class GuestWrite(ArgumentReader reader) : Operation
{
    readonly Expression _vcpu = reader.Number("a vCPU");
    readonly Expression _gpa = reader.Number("an address");
    readonly Expression _value = reader.Number("a value");
    readonly Expression _size = reader.Number("size", 1);

    internal override string Run(ConformMachine machine)
    {
        GuestAccess access = GuestAccessLine.Of(_gpa, _size, isWrite: true, (uint)_value.On(0));
        return GuestAccessLine.Describe(machine.Access((uint)_vcpu.On(0), access));
    }
}

/// <summary><c>read VCPU GPA size=</c>: a guest's read of 1, 2 or 4 bytes; what no memory answers is ones.</summary>
sealed class GuestRead(ArgumentReader reader) : Operation
{
    readonly Expression _vcpu = reader.Number("a vCPU");
    readonly Expression _gpa = reader.Number("an address");
    readonly Expression _size = reader.Number("size", 1);

    internal override string Run(ConformMachine machine) =>
        GuestAccessLine.Describe(machine.Access((uint)_vcpu.On(0), GuestAccessLine.Of(_gpa, _size, isWrite: false, 0)));
}

/// <summary><c>out VCPU PORT VALUE size=</c>: a guest's output of 1, 2 or 4 bytes.</summary>
sealed class GuestOutput(ArgumentReader reader) : Operation
{
    readonly Expression _vcpu = reader.Number("a vCPU");
    readonly Expression _port = reader.Number("a port");
    readonly Expression _value = reader.Number("a value");
    readonly Expression _size = reader.Number("size", 1);

    internal override string Run(ConformMachine machine) => GuestAccessLine.Describe(machine.Access(
        (uint)_vcpu.On(0), GuestAccessLine.OfPort(_port, _size, isWrite: true, (uint)_value.On(0))));
}

/// <summary><c>in VCPU PORT size=</c>: a guest's input of 1, 2 or 4 bytes; what nobody inside answers is ones.</summary>
sealed class GuestInput(ArgumentReader reader) : Operation
{
    readonly Expression _vcpu = reader.Number("a vCPU");
    readonly Expression _port = reader.Number("a port");
    readonly Expression _size = reader.Number("size", 1);

    internal override string Run(ConformMachine machine) => GuestAccessLine.Describe(machine.Access(
        (uint)_vcpu.On(0), GuestAccessLine.OfPort(_port, _size, isWrite: false, 0)));
}

/// <summary>Guest accesses in a file's words.</summary>
static class GuestAccessLine
{
    internal static GuestAccess Of(Expression gpa, Expression size, bool isWrite, uint value)
    {
        ulong address = gpa.On(0);
        ulong bytes = size.On(0);
        if (bytes is not (1 or 2 or 4))
            throw new ConformRunException($"a guest access of 0x{bytes:x} bytes");
        if (address > uint.MaxValue - bytes)
            throw new ConformRunException($"a guest access at 0x{address:x}, which real mode does not reach");
        uint mask = bytes == 4 ? uint.MaxValue : (1u << ((int)bytes * 8)) - 1;
        return new GuestAccess(address, (int)bytes, isWrite, value & mask);
    }

    internal static GuestAccess OfPort(Expression port, Expression size, bool isWrite, uint value) =>
        port.On(0) <= ushort.MaxValue
            ? Of(port, size, isWrite, value) with { IsPort = true }
            : throw new ConformRunException($"0x{port.On(0):x} is no port");

    internal static string Describe(GuestAccess access)
    {
        string end = access.Obstacle ?? (access.IsWrite ? Outcome.Done : Outcome.Of(access.Value));
        return string.Join(" + ", access.Pieces.Append(end));
    }
}
