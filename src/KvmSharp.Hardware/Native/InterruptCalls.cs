using System;
using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using KvmSharp.Hardware.Abi;
using KvmSharp.InterruptControllers;

namespace KvmSharp.Hardware.Native;

/// <summary>The calls about interrupt controllers whose structures are images or lists.</summary>
[SupportedOSPlatform("linux")]
static class InterruptCalls
{
    const int RoutingHead = 8;

    internal static KvmErrno TrySetRouting(SafeHandle vm, ReadOnlySpan<GsiRoute> routes)
    {
        var entries = new kvm_irq_routing_entry[routes.Length];
        for (int index = 0; index < entries.Length; index++)
            entries[index] = EntryOf(routes[index]);
        return Listing.TryExchange<kvm_irq_routing_entry>(
            vm, Requests.KVM_SET_GSI_ROUTING, RoutingHead, entries, default, out _);
    }

    internal static KvmErrno TryGetIrqchip(SafeHandle vm, uint chip, Span<byte> image)
    {
        var state = new kvm_irqchip { chip_id = chip };
        KvmErrno errno = Call.Try(vm, Requests.KVM_GET_IRQCHIP, ref state);
        ((ReadOnlySpan<byte>)state.chip)[..image.Length].CopyTo(image);
        return errno;
    }

    internal static KvmErrno TrySetIrqchip(SafeHandle vm, uint chip, ReadOnlySpan<byte> image)
    {
        var state = new kvm_irqchip { chip_id = chip };
        image.CopyTo(state.chip);
        return Call.Try(vm, Requests.KVM_SET_IRQCHIP, ref state);
    }

    static kvm_irq_routing_entry EntryOf(in GsiRoute route)
    {
        var entry = new kvm_irq_routing_entry
        {
            gsi = route.Gsi,
            type = route.Chip is null ? kvm_irq_routing_entry.MSI : kvm_irq_routing_entry.IRQCHIP,
        };
        if (route.Chip is { } chip)
        {
            entry.u[0] = (uint)chip;
            entry.u[1] = route.Pin;
        }
        else
        {
            entry.u[0] = (uint)route.Message.Address;
            entry.u[1] = (uint)(route.Message.Address >> 32);
            entry.u[2] = route.Message.Data;
        }
        return entry;
    }
}
