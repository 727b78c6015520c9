using System;
using System.Threading;
using KvmSharp;
using KvmSharp.Addresses;
using KvmSharp.HostMemory;
using KvmSharp.Slots;

namespace OwnCpu;

/// <summary>The host's side: plugs a page of memory in, moves it and takes it away, while the harts read it.</summary>
sealed class HotPlug(VirtualMachine machine, int harts, Func<bool> inTime)
{
    const int LeastRounds = 200;

    // In one round of so many the host waits until the page is in use, which may cost it a time slice.
    const int RoundsPerWait = 10;

    /// <summary>How often the page was plugged in, moved, and taken away.</summary>
    public int Rounds { get; private set; }

    /// <summary>Goes on for some rounds, and until each hart has met both the memory and the hole.</summary>
    public void Run()
    {
        using AnonymousMemory spare = AnonymousMemory.Create(Page.Size);
        while (inTime() && (Rounds < LeastRounds || !AllHaveSeenBoth()))
        {
            spare.VolatileWriteUInt64(0, GuestMap.Magic);
            SlotId slot = machine.Slots.Add(GuestMap.WindowA, spare);
            WaitUntilUsed();
            machine.Slots.Move(slot, GuestMap.WindowB);
            WaitUntilUsed();
            machine.Slots.Delete(slot);
            // Nobody can reach the page now: no hart that still has it in its TLB, no instruction half way through.
            // It could be unmapped; here something else is put in it, and a hart that saw it would say so.
            spare.VolatileWriteUInt64(0, GuestMap.Poison);
            Rounds++;
        }
    }

    /// <summary>A word of a hart's record.</summary>
    public ulong Seen(int hart, int word) =>
        machine.Memory.Read<ulong>(GuestMap.Ram + (ulong)(word + (hart << GuestMap.RecordShift)));

    // What is taken away next is then in some hart's TLB.
    void WaitUntilUsed()
    {
        if (Rounds % RoundsPerWait != 0)
            return;
        ulong before = UsesOfMemory();
        var spin = new SpinWait();
        while (inTime() && UsesOfMemory() == before)
            spin.SpinOnce(sleep1Threshold: -1);
    }

    ulong UsesOfMemory()
    {
        ulong uses = 0;
        for (int hart = 0; hart < harts; hart++)
            uses += Seen(hart, GuestMap.SeenMemory);
        return uses;
    }

    bool AllHaveSeenBoth()
    {
        for (int hart = 0; hart < harts; hart++)
        {
            if (Seen(hart, GuestMap.SeenMemory) == 0 || Seen(hart, GuestMap.SeenHole) == 0)
                return false;
        }
        return true;
    }
}
