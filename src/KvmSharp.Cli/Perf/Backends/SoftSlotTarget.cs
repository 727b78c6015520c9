using KvmSharp.Addresses;
using KvmSharp.Slots;

namespace KvmSharp.Cli.Perf.Backends;

/// <summary>The Core's slots, in the store a machine gets when nothing is chosen.</summary>
sealed class SoftSlotTarget : ISlotTarget
{
    readonly VirtualMachine _machine = new();

    public void Set(ushort id, ulong gpa, ulong size, ulong hva)
    {
        SlotRefusal refusal = _machine.Slots.TrySet(
            new MemoryRegion(new SlotId(id), SlotFlags.None, new Gpa(gpa), size, new Hva(hva)));
        if (!refusal.Succeeded)
            throw new PerfTestException($"soft: {refusal}");
    }

    public void Dispose() => _machine.Dispose();
}
