using System;
using System.Collections.Generic;
using System.Linq;
using KvmSharp.Cli.Conform.Language;

namespace KvmSharp.Cli.Conform.Operations;

/// <summary>The operations by name. A new one is one line here, and one in <c>docs/conform.md</c>.</summary>
static class OperationTable
{
    static readonly Dictionary<string, Func<ArgumentReader, Operation>> _all = new(StringComparer.Ordinal)
    {
        ["vm"] = static _ => new NewMachine(),
        ["requires"] = static reader => new Requires(reader),

        ["slot"] = static reader => new SetSlot(reader),
        ["delete"] = static reader => new DeleteSlot(reader),
        ["fill"] = static reader => new FillSlots(reader),
        ["generation"] = static reader => new GetGeneration(reader),
        ["memfd"] = static reader => new CreateMemfd(reader),
        ["slot2"] = static reader => new SetSlot2(reader),

        ["poke"] = static reader => new Poke(reader),
        ["peek"] = static reader => new Peek(reader),
        ["discard"] = static reader => new DiscardPages(reader),
        ["sum"] = static reader => new Sum(reader),
        ["stub"] = static reader => new PlaceStub(reader),
        ["write"] = static reader => new GuestWrite(reader),
        ["read"] = static reader => new GuestRead(reader),
        ["out"] = static reader => new GuestOutput(reader),
        ["in"] = static reader => new GuestInput(reader),

        ["log"] = static reader => new GetLog(reader),
        ["clear"] = static reader => new ClearLog(reader),
        ["harvest"] = static reader => new HarvestRing(reader),
        ["reset"] = static _ => new ResetRings(),

        ["cap"] = static reader => new EnableCapability(reader),
        ["check"] = static reader => new CheckCapability(reader),
        ["ioctl"] = static reader => new RawIoctl(reader),

        ["vcpu"] = static reader => new CreateVcpu(reader),
        ["vcpus"] = static reader => new CreateVcpus(reader),
        ["start"] = static reader => new StartVcpu(reader),
        ["run"] = static reader => new RunVcpu(reader),
        ["reg"] = static reader => new GetRegister(reader),
        ["immediate"] = static reader => new SetSwitch(reader, static (vcpu, on) => vcpu.ImmediateExit = on),
        ["kick"] = static reader => new KickVcpu(reader),
        ["interrupt"] = static reader => new HandInterrupt(reader),
        ["nmi"] = static reader => new MakeNmi(reader),
        ["window"] = static reader => new SetSwitch(reader, static (vcpu, on) => vcpu.RequestInterruptWindow = on),
        ["ready"] = static reader => new GetReady(reader),
        ["triple-fault"] = static reader => new SetTripleFault(reader),

        ["eventfd"] = static reader => new CreateEvent(reader),
        ["take"] = static reader => new TakeEvent(reader),
        ["ioevent"] = static reader => new SetIoevent(reader),
        ["signal"] = static reader => new SignalEvent(reader),
        ["irqfd"] = static reader => new SetIrqfd(reader),
        ["coalesce"] = static reader => new SetCoalesced(reader),
        ["coalesced"] = static reader => new TakeCoalesced(reader),

        ["irqchip"] = static _ => new CreateIrqchip(),
        ["irq"] = static reader => new SetIrqLine(reader),
        ["msi"] = static reader => new SignalMsi(reader),
        ["routing"] = static reader => new SetRouting(reader),
        ["chip"] = static reader => new GetIrqchip(reader),
        ["lapic"] = static reader => new GetLapic(reader),
        ["mp"] = static reader => new MpState(reader),
        ["accept"] = static reader => new AcceptInterrupt(reader),

        ["repeat"] = static reader => new Repeat(reader),
        ["each"] = static reader => new Each(reader),
    };

    internal static IEnumerable<string> Names => _all.Keys;

    /// <summary>Reads an operation.</summary>
    /// <param name="words">Its name and its arguments.</param>
    /// <param name="endColumn">The column after the last word.</param>
    /// <exception cref="ConformSyntaxException">There is no such operation, or it has other arguments.</exception>
    internal static Operation Parse(IReadOnlyList<Argument> words, int endColumn)
    {
        Argument name = words[0];
        if (name.Name is not null || !_all.TryGetValue(name.Text, out Func<ArgumentReader, Operation>? create))
        {
            string text = name.Name is null ? name.Text : name.Name + "=";
            throw new ConformSyntaxException(
                name.Column - (name.Name?.Length + 1 ?? 0), $"there is no operation \"{text}\"");
        }
        var reader = new ArgumentReader(name.Text, [.. words.Skip(1)], endColumn);
        Operation operation = create(reader);
        reader.RequireNone();
        return operation;
    }
}
