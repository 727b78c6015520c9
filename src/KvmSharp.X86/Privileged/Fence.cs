using System.Threading;
using KvmSharp.X86.Blocks;
using KvmSharp.X86.Operations;

namespace KvmSharp.X86.Privileged;

/// <summary>MFENCE, LFENCE, SFENCE: all are the host's full fence.</summary>
sealed class Fence : Operation
{
    internal override bool Execute(Cpu cpu)
    {
        // Pairs with the fence, or the locked operation, of whichever CPU the guest talks to.
        Interlocked.MemoryBarrier();
        return true;
    }
}

/// <summary>PAUSE: who spins gives way to whoever it waits for.</summary>
sealed class Pause : Terminator
{
    const int Spins = 16;

    // After so many the core goes to whoever else wants it, as a processor's pause-loop exiting makes a guest do.
    const int PausesBeforeYielding = 64;

    int _pauses;

    internal override Block? Leave(Cpu cpu, Block block)
    {
        if (++_pauses % PausesBeforeYielding == 0)
            Thread.Yield();
        else
            Thread.SpinWait(Spins);
        cpu.AdvanceRip(EndOffset);
        return block.Next(cpu);
    }
}
