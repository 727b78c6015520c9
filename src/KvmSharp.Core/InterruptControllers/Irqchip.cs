using System;
using System.Threading;
using KvmSharp.HyperV;
using KvmSharp.Vcpus;

namespace KvmSharp.InterruptControllers;

/// <summary>
/// A machine's interrupt controllers – two 8259s, an I/O APIC, and a local APIC for each vCPU – and the routes from lines to
/// them: what <c>KVM_CREATE_IRQCHIP</c> makes.
/// </summary>
/// <remarks>
/// All members may be called from any thread, while vCPUs run. A message – an MSI, an interprocessor interrupt – takes no
/// lock; a line does, as the chips with pins have state of their own.
/// </remarks>
public sealed partial class Irqchip : IFixedInterrupts
{
    readonly VirtualMachine _machine;

    // Taken for anything that the 8259s and the I/O APIC do. It may be taken again by its holder: who hears of an
    // interrupt's end lowers a line at once.
    readonly Lock _chipsLock = new();

    // Guarded by _chipsLock:
    readonly IoApic _ioApic;

    // Replaced as a whole under _chipsLock, read anywhere with Volatile.Read:
    GsiRouting _routing = GsiRouting.Default;

    internal Irqchip(VirtualMachine machine)
    {
        _machine = machine;
        Apics = new ApicBus(machine);
        Pic = new PicPair(this);
        _ioApic = new IoApic(this);
        machine.Buses.Attach(
            [new PicReceiver(this, PicPair.MasterPort), new PicReceiver(this, PicPair.SlavePort),
                new PicReceiver(this, PicPair.LevelPort)],
            [new IoApicReceiver(this)]);
    }

    /// <summary>What connects the local APICs.</summary>
    internal ApicBus Apics { get; }

    /// <summary>The 8259s; their ports and pins under <see cref="_chipsLock"/> only.</summary>
    internal PicPair Pic { get; }

    GsiRouting Routing => Volatile.Read(ref _routing);

    /// <summary>Sets the level of an interrupt line: <c>KVM_IRQ_LINE</c>.</summary>
    /// <param name="gsi">The line.</param>
    /// <param name="level">High or low.</param>
    /// <returns>
    /// How many vCPUs took an interrupt; 0 when it waits already; −1 when it is masked, or leads nowhere.
    /// </returns>
    public int SetLine(uint gsi, bool level) => SetLine(gsi, LineSource.User, level);

    /// <summary>Delivers a message: <c>KVM_SIGNAL_MSI</c>.</summary>
    /// <returns>How many vCPUs took it; −1 when none is there for it.</returns>
    public int Signal(MsiMessage message) => Apics.Deliver(message.ToApic(), null);

    /// <summary>Replaces all routes: <c>KVM_SET_GSI_ROUTING</c>.</summary>
    /// <returns><see cref="KvmErrno.EINVAL"/>: there is no such pin or line, or a line cannot have both; nothing changes.</returns>
    public KvmErrno TrySetRouting(ReadOnlySpan<GsiRoute> routes)
    {
        if (GsiRouting.TryMake(routes) is not { } routing)
            return KvmErrno.EINVAL;
        lock (_chipsLock)
        {
            // Complete before it is seen. Pairs with Routing.
            Volatile.Write(ref _routing, routing);
            return KvmErrno.None;
        }
    }

    /// <inheritdoc/>
    void IFixedInterrupts.Deliver(Vcpu target, byte vector) =>
        target.Apic?.Accept(new ApicMessage { Mode = DeliveryMode.Fixed, Vector = vector, IsAsserted = true });

    internal LocalApic CreateApic(Vcpu vcpu) => new(vcpu, this);

    internal int SetLine(uint gsi, byte source, bool level)
    {
        int taken = -1;
        foreach (GsiRoute route in Routing.Of(gsi))
        {
            int result = Raise(route, source, level);
            if (result >= 0)
                taken = result + Math.Max(taken, 0);
        }
        return taken;
    }

    /// <summary>A local APIC's level-triggered interrupt has ended.</summary>
    internal void EndOfInterrupt(byte vector)
    {
        lock (_chipsLock)
            _ioApic.End(vector, isLevel: true);
    }

    /// <summary>An edge has been handled: nobody but resampling events wants to know.</summary>
    internal void EndOfEdge(byte vector)
    {
        if (!HasResamplers)
            return;
        lock (_chipsLock)
            _ioApic.End(vector, isLevel: false);
    }

    internal byte AcknowledgeExternal()
    {
        lock (_chipsLock)
            return Pic.Acknowledge();
    }

    internal bool AnyPassesExternal()
    {
        foreach (Vcpu vcpu in _machine.Vcpus)
        {
            if (vcpu.Apic is { PassesExternal: true })
                return true;
        }
        return false;
    }

    /// <summary>The 8259s' output rises: one vCPU looks.</summary>
    internal void WakeForExternal()
    {
        foreach (Vcpu vcpu in _machine.Vcpus)
        {
            if (vcpu.Apic is not { PassesExternal: true })
                continue;
            vcpu.MakeRequest(LocalApic.EventRequest);
            return;
        }
    }

    /// <summary>Stops what would go on by itself.</summary>
    internal void Stop()
    {
        foreach (Vcpu vcpu in _machine.Vcpus)
            vcpu.Apic?.Stop();
    }

    /// <summary>Sets a source's part in a pin's level.</summary>
    /// <returns>Whether the pin is high.</returns>
    internal static bool Hold(ref byte holders, byte source, bool level)
    {
        holders = (byte)(level ? holders | source : holders & ~source);
        return holders != 0;
    }

    int Raise(in GsiRoute route, byte source, bool level)
    {
        if (route.Chip is not { } chip)
            return level ? Signal(route.Message) : -1;
        lock (_chipsLock)
        {
            return chip == IrqchipId.IoApic
                ? _ioApic.SetPin((int)route.Pin, source, level)
                : Pic.SetPin((int)route.Pin + (chip == IrqchipId.PicSlave ? PicPair.Pins / 2 : 0), source, level);
        }
    }
}
