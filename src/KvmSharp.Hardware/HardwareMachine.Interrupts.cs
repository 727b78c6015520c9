using System;
using KvmSharp.Buses;
using KvmSharp.Hardware.Native;
using KvmSharp.Hardware.Raw;
using KvmSharp.InterruptControllers;

namespace KvmSharp.Hardware;

// The kernel's interrupt controllers.
partial class HardwareMachine
{
    const uint IrqfdDeassign = 1;
    const uint IrqfdResample = 2;

    /// <inheritdoc/>
    public KvmErrno TryCreateIrqchip()
    {
        ThrowIfDisposed();
        return _vm.TryCreateIrqchip();
    }

    /// <inheritdoc/>
    public KvmErrno TrySetIrqLine(uint gsi, bool level)
    {
        ThrowIfDisposed();
        return _vm.TrySetIrqLine(gsi, level);
    }

    /// <inheritdoc/>
    public KvmErrno TrySignalMsi(MsiMessage message, out int taken)
    {
        ThrowIfDisposed();
        return _vm.TrySignalMsi(message.Address, message.Data, 0, out taken);
    }

    /// <inheritdoc/>
    public KvmErrno TrySetGsiRouting(ReadOnlySpan<GsiRoute> routes)
    {
        ThrowIfDisposed();
        return InterruptCalls.TrySetRouting(_vm, routes);
    }

    /// <inheritdoc/>
    public KvmErrno TryGetIrqchip(IrqchipId chip, Span<byte> image)
    {
        image = image[..Irqchip.StateBytesOf(chip)];
        ThrowIfDisposed();
        return InterruptCalls.TryGetIrqchip(_vm, (uint)chip, image);
    }

    /// <inheritdoc/>
    public KvmErrno TrySetIrqchip(IrqchipId chip, ReadOnlySpan<byte> image)
    {
        image = image[..Irqchip.StateBytesOf(chip)];
        ThrowIfDisposed();
        return InterruptCalls.TrySetIrqchip(_vm, (uint)chip, image);
    }

    /// <inheritdoc/>
    public KvmErrno TryAddInterruptSource(uint gsi, IMachineEvent source, IMachineEvent? resampled = null) =>
        TrySetInterruptSource(gsi, source, resampled, resampled is null ? 0 : IrqfdResample);

    /// <inheritdoc/>
    public KvmErrno TryRemoveInterruptSource(uint gsi, IMachineEvent source) =>
        TrySetInterruptSource(gsi, source, null, IrqfdDeassign);

    KvmErrno TrySetInterruptSource(uint gsi, IMachineEvent source, IMachineEvent? resampled, uint flags)
    {
        EventDescriptor descriptor = DescriptorOf(source);
        EventDescriptor? other = resampled is null ? null : DescriptorOf(resampled);
        ThrowIfDisposed();
        KvmErrno errno = _vm.TryIrqfd(descriptor.Number, gsi, flags, (uint)(other?.Number ?? 0));
        GC.KeepAlive(descriptor);
        GC.KeepAlive(other);
        return errno;
    }
}
