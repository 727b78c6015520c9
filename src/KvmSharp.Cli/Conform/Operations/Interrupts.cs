using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using System.Linq;
using KvmSharp.Backends;
using KvmSharp.Cli.Conform.Language;
using KvmSharp.Cli.Conform.Machines;
using KvmSharp.InterruptControllers;

namespace KvmSharp.Cli.Conform.Operations;

/// <summary>An operation on interrupt controllers.</summary>
abstract class InterruptOperation : Operation
{
    internal sealed override ConformFeature Needs => ConformFeature.Irqchip;
}

/// <summary><c>irqchip</c>: <c>KVM_CREATE_IRQCHIP</c>.</summary>
sealed class CreateIrqchip : InterruptOperation
{
    internal override string Run(ConformMachine machine) => Outcome.Of(machine.CreateIrqchip());
}

/// <summary><c>irq GSI LEVEL</c>: <c>KVM_IRQ_LINE</c>.</summary>
sealed class SetIrqLine(ArgumentReader reader) : InterruptOperation
{
    readonly Expression _gsi = reader.Number("an interrupt line");
    readonly Expression _level = reader.Number("a level");

    internal override string Run(ConformMachine machine) =>
        Outcome.Of(machine.Machine.TrySetIrqLine((uint)_gsi.On(0), _level.On(0) != 0));
}

/// <summary><c>msi ADDRESS DATA</c>: <c>KVM_SIGNAL_MSI</c>; how many vCPUs took it.</summary>
sealed class SignalMsi(ArgumentReader reader) : InterruptOperation
{
    readonly Expression _address = reader.Number("an address");
    readonly Expression _data = reader.Number("data");

    internal override string Run(ConformMachine machine)
    {
        var message = new MsiMessage(_address.On(0), (uint)_data.On(0));
        KvmErrno errno = machine.Machine.TrySignalMsi(message, out int taken);
        return Outcome.Of(errno, (ulong)taken);
    }
}

/// <summary>
/// <c>routing GSI:CHIP:PIN… GSI:msi:ADDRESS:DATA…</c>: <c>KVM_SET_GSI_ROUTING</c>; the chips are <c>pic0</c>, <c>pic1</c> and
/// <c>ioapic</c>.
/// </summary>
sealed class SetRouting : InterruptOperation
{
    const string Message = "msi";

    readonly GsiRoute[] _routes;

    internal SetRouting(ArgumentReader reader)
    {
        var routes = new List<GsiRoute>();
        while (reader.TryTakeNext(out Argument word))
            routes.Add(RouteOf(word));
        _routes = [.. routes];
    }

    internal override string Run(ConformMachine machine) => Outcome.Of(machine.Machine.TrySetGsiRouting(_routes));

    static GsiRoute RouteOf(Argument word)
    {
        string[] parts = word.Text.Split(':');
        if (parts.Length == 4 && parts[1] == Message)
            return GsiRoute.ToMessage(Number(parts[0]), new MsiMessage(Long(parts[2]), Number(parts[3])));
        if (parts.Length == 3 && ChipNames.TryParse(parts[1], out IrqchipId chip))
            return GsiRoute.ToPin(Number(parts[0]), chip, Number(parts[2]));
        throw new ConformSyntaxException(word.Column, $"\"{word.Text}\" is neither GSI:CHIP:PIN nor GSI:msi:ADDRESS:DATA");

        ulong Long(string text) => Expression.Parse(text, word.Column).On(0);
        uint Number(string text) => (uint)Long(text);
    }
}

/// <summary><c>chip NAME</c>: a chip's state, by <c>KVM_GET_IRQCHIP</c>.</summary>
sealed class GetIrqchip : InterruptOperation
{
    const int Head = 24;
    const ulong Masked = 1 << 16;

    readonly IrqchipId _chip;

    internal GetIrqchip(ArgumentReader reader)
    {
        Argument name = reader.Word("a chip");
        if (!ChipNames.TryParse(name.Text, out _chip))
            throw new ConformSyntaxException(name.Column, $"\"{name.Text}\" is none of {string.Join(", ", ChipNames.All)}");
    }

    internal override string Run(ConformMachine machine)
    {
        byte[] image = new byte[Irqchip.StateBytesOf(_chip)];
        KvmErrno errno = machine.Machine.TryGetIrqchip(_chip, image);
        if (errno != KvmErrno.None)
            return Outcome.Of(errno);
        if (_chip != IrqchipId.IoApic)
            return Outcome.OfData(image);
        // Selector, id, lines that are high; then what is not as after reset.
        var words = new List<string>();
        for (int at = 8; at < Head - sizeof(uint); at += sizeof(uint))
            words.Add(Outcome.Of(BinaryPrimitives.ReadUInt32LittleEndian(image.AsSpan(at))));
        for (int at = Head; at < image.Length; at += sizeof(ulong))
        {
            ulong entry = BinaryPrimitives.ReadUInt64LittleEndian(image.AsSpan(at));
            if (entry != Masked)
                words.Add($"{(at - Head) / sizeof(ulong)}:{Outcome.Of(entry)}");
        }
        return string.Join(' ', words);
    }
}

/// <summary>
/// <c>lapic VCPU OFFSET</c>: a register, by <c>KVM_GET_LAPIC</c>; without an offset all that are not 0, but for the
/// count, and the processor priority, which the kernel works out when it is asked for. With a
/// value behind it, <c>KVM_SET_LAPIC</c> of all registers with this one changed.
/// </summary>
sealed class GetLapic : VcpuOperation
{
    const int ProcessorPriority = 0xa0;
    const int CurrentCount = 0x390;
    const int Spacing = 0x10;

    readonly Expression? _offset;
    readonly Expression? _value;

    internal GetLapic(ArgumentReader reader)
        : base(reader)
    {
        if (reader.TryTakeNext(out Argument offset))
            _offset = Expression.Parse(offset.Text, offset.Column);
        if (reader.TryTakeNext(out Argument value))
            _value = Expression.Parse(value.Text, value.Column);
    }

    private protected override string Run(ConformMachine machine, IVcpu vcpu)
    {
        byte[] image = new byte[LocalApic.StateBytes];
        vcpu.GetLapic(image);
        if (_offset is { } offset)
        {
            int at = (int)Math.Min(offset.On(0), (ulong)(image.Length - sizeof(uint)));
            if (_value is not { } value)
                return Outcome.Of(BinaryPrimitives.ReadUInt32LittleEndian(image.AsSpan(at)));
            BinaryPrimitives.WriteUInt32LittleEndian(image.AsSpan(at), (uint)value.On(0));
            vcpu.SetLapic(image);
            return Outcome.Done;
        }
        return string.Join(' ', Enumerable.Range(0, image.Length / Spacing).Select(index => index * Spacing)
            .Select(at => (at, value: BinaryPrimitives.ReadUInt32LittleEndian(image.AsSpan(at))))
            .Where(pair => pair.value != 0 && pair.at is not (CurrentCount or ProcessorPriority))
            .Select(pair => $"{Outcome.Of((ulong)pair.at)}:{Outcome.Of(pair.value)}"));
    }
}

/// <summary><c>mp VCPU</c>: whether it runs, by <c>KVM_GET_MP_STATE</c>; with a state, <c>KVM_SET_MP_STATE</c>.</summary>
sealed class MpState : VcpuOperation
{
    static readonly string[] _names = ["runnable", "uninitialized", "init-received", "halted", "sipi-received"];

    readonly KvmMpState? _state;

    internal MpState(ArgumentReader reader)
        : base(reader)
    {
        if (!reader.TryTakeNext(out Argument word))
            return;
        int index = Array.IndexOf(_names, word.Text);
        _state = index >= 0
            ? (KvmMpState)index
            : throw new ConformSyntaxException(word.Column, $"\"{word.Text}\" is none of {string.Join(", ", _names)}");
    }

    private protected override string Run(ConformMachine machine, IVcpu vcpu)
    {
        if (_state is not { } state)
            return _names[(int)vcpu.MpState];
        vcpu.MpState = state;
        return Outcome.Done;
    }
}

/// <summary><c>accept VCPU</c>: lets an interrupt in, if one is due; its vector, or <c>none</c>. It stays in service.</summary>
sealed class AcceptInterrupt(ArgumentReader reader) : VcpuOperation(reader)
{
    private protected override string Run(ConformMachine machine, IVcpu vcpu) => machine.Accept(vcpu);
}

/// <summary>The chips by the names that files use.</summary>
static class ChipNames
{
    internal static IReadOnlyList<string> All { get; } = ["pic0", "pic1", "ioapic"];

    internal static bool TryParse(string name, out IrqchipId chip)
    {
        int index = All.ToList().IndexOf(name);
        chip = (IrqchipId)index;
        return index >= 0;
    }
}
