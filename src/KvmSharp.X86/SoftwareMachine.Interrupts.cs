using System;
using KvmSharp.Buses;
using KvmSharp.InterruptControllers;

namespace KvmSharp.X86;

// The interrupt controllers inside, which are the Core's.
partial class SoftwareMachine
{
    /// <inheritdoc/>
    public KvmErrno TryCreateIrqchip() => _core.TryCreateIrqchip();

    /// <inheritdoc/>
    public KvmErrno TrySetIrqLine(uint gsi, bool level)
    {
        if (_core.Irqchip is not { } chip)
            return KvmErrno.ENXIO;
        chip.SetLine(gsi, level);
        return KvmErrno.None;
    }

    /// <inheritdoc/>
    public KvmErrno TrySignalMsi(MsiMessage message, out int taken)
    {
        taken = 0;
        if (_core.Irqchip is not { } chip)
            return KvmErrno.EINVAL;
        int result = chip.Signal(message);
        taken = Math.Max(result, 0);
        // KVM returns -1 for it, which is this.
        return result < 0 ? KvmErrno.EPERM : KvmErrno.None;
    }

    /// <inheritdoc/>
    public KvmErrno TrySetGsiRouting(ReadOnlySpan<GsiRoute> routes) =>
        _core.Irqchip is { } chip ? chip.TrySetRouting(routes) : KvmErrno.EINVAL;

    /// <inheritdoc/>
    public KvmErrno TryGetIrqchip(IrqchipId chip, Span<byte> image)
    {
        if (_core.Irqchip is not { } chips)
            return KvmErrno.ENXIO;
        chips.Save(chip, image);
        return KvmErrno.None;
    }

    /// <inheritdoc/>
    public KvmErrno TrySetIrqchip(IrqchipId chip, ReadOnlySpan<byte> image)
    {
        if (_core.Irqchip is not { } chips)
            return KvmErrno.ENXIO;
        chips.Load(chip, image);
        return KvmErrno.None;
    }

    /// <inheritdoc/>
    public KvmErrno TryAddInterruptSource(uint gsi, IMachineEvent source, IMachineEvent? resampled = null)
    {
        CountedEvent counted = CountedOf(source);
        return _core.Irqchip is { } chip ? chip.TryAddSource(gsi, counted, resampled) : KvmErrno.EINVAL;
    }

    /// <inheritdoc/>
    public KvmErrno TryRemoveInterruptSource(uint gsi, IMachineEvent source)
    {
        _core.Irqchip?.RemoveSource(gsi, CountedOf(source));
        return KvmErrno.None;
    }

    static CountedEvent CountedOf(IMachineEvent source)
    {
        ArgumentNullException.ThrowIfNull(source);
        return source as CountedEvent
            ?? throw new ArgumentException($"a {source.GetType().Name} is not an event of this machine's", nameof(source));
    }
}
