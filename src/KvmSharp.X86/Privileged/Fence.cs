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

    internal override Block? Leave(Cpu cpu, Block block)
    {
        Thread.SpinWait(Spins);
        cpu.AdvanceRip(EndOffset);
        return block.Next(cpu);
    }
}
