using KvmSharp.Addresses;
using KvmSharp.X86.Tests.Guests;
using Xunit;

namespace KvmSharp.X86.Tests.Blocks;

/// <summary>How much decoded code is kept.</summary>
public sealed class CodeCacheTests
{
    // Each place in a page of NOPs is a block of its own, so five pages are more than is kept.
    [Fact]
    public void A_guest_that_jumps_everywhere_does_not_make_the_host_keep_everything()
    {
        const int Pages = 5;
        const byte Nop = 0x90;
        using Guest guest = Guest.Long();
        byte[] nops = new byte[Pages * Page.Size];
        System.Array.Fill(nops, Nop);
        ulong start = 0x30_0000;
        guest.Write(start, nops);
        guest.Write(start + (ulong)nops.Length, Guest.Halt);
        for (int offset = nops.Length - 1; offset >= 0; offset--)
        {
            guest.Vcpu.Cpu.Budget = guest.Vcpu.Statistics.Instructions + 1;
            guest.SetRegs(regs => regs with { Rip = start + (ulong)offset });
            guest.Run();
        }
        Assert.InRange(guest.Vcpu.Cpu.Code.KeptInstructions, 1, X86.Blocks.CodeCache.MaxInstructions);
        guest.Vcpu.Cpu.Budget = long.MaxValue;
        guest.SetRegs(regs => regs with { Rip = start });
        Assert.Equal(start + (ulong)nops.Length + 1, guest.RunToHalt().Rip);
    }
}
