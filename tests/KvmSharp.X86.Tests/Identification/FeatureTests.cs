using System;
using System.Linq;
using Iced.Intel;
using KvmSharp.X86.Operations;
using KvmSharp.X86.Tests.Guests;
using Xunit;
using static Iced.Intel.AssemblerRegisters;

namespace KvmSharp.X86.Tests.Identification;

/// <summary>What CPUID reports is what there is.</summary>
public sealed class FeatureTests
{
    const uint Ecx = 1;
    const uint Edx = 2;
    const uint Ebx = 3;

    [Theory]
    [InlineData(1U, Ecx, 13, CpuidFeature.CMPXCHG16B)]
    [InlineData(1U, Ecx, 22, CpuidFeature.MOVBE)]
    [InlineData(1U, Ecx, 23, CpuidFeature.POPCNT)]
    [InlineData(1U, Edx, 8, CpuidFeature.CX8)]
    [InlineData(1U, Edx, 15, CpuidFeature.CMOV)]
    [InlineData(7U, Ebx, 0, CpuidFeature.FSGSBASE)]
    [InlineData(7U, Ebx, 3, CpuidFeature.BMI1)]
    [InlineData(7U, Ebx, 8, CpuidFeature.BMI2)]
    [InlineData(7U, Ebx, 19, CpuidFeature.ADX)]
    [InlineData(7U, Ebx, 20, CpuidFeature.SMAP)]
    [InlineData(7U, Ebx, 23, CpuidFeature.CLFLUSHOPT)]
    [InlineData(7U, Ebx, 24, CpuidFeature.CLWB)]
    [InlineData(7U, Ecx, 22, CpuidFeature.RDPID)]
    [InlineData(0x8000_0001U, Ecx, 5, CpuidFeature.LZCNT)]
    [InlineData(0x8000_0001U, Edx, 27, CpuidFeature.RDTSCP)]
    public void All_instructions_of_a_reported_feature_are_known(uint leaf, uint register, int bit, CpuidFeature feature)
    {
        Backends.KvmCpuidEntry entry =
            SoftwareBackend.Instance.GetSupportedCpuid().Single(entry => entry.Function == leaf && entry.Index == 0);
        uint bits = register == Ecx ? entry.Ecx : register == Edx ? entry.Edx : entry.Ebx;
        Assert.Equal(1U, (bits >> bit) & 1);
        Code[] codes = [.. Enum.GetValues<Code>().Where(code => code.CpuidFeatures().SequenceEqual([feature]))];
        Assert.NotEmpty(codes);
        Assert.All(codes, code => Assert.True(InstructionTable.IsKnown(code), $"{code}"));
    }

    // AVX and what comes after it.
    [Theory]
    [InlineData(7U, Ebx, 5)]
    [InlineData(1U, Ecx, 28)]
    [InlineData(1U, Ecx, 12)]
    [InlineData(1U, Ecx, 5)]
    public void What_is_not_there_is_not_reported(uint leaf, uint register, int bit)
    {
        Backends.KvmCpuidEntry entry =
            SoftwareBackend.Instance.GetSupportedCpuid().Single(entry => entry.Function == leaf && entry.Index == 0);
        Assert.Equal(0U, ((register == Ecx ? entry.Ecx : entry.Ebx) >> bit) & 1);
    }

    [Fact]
    public void The_guest_reads_what_the_owner_set()
    {
        using Guest guest = Guest.Long();
        guest.Vcpu.SetCpuid([new Backends.KvmCpuidEntry { Function = 0x4000_0000, Eax = 1, Ebx = 2, Ecx = 3, Edx = 4 }]);
        guest.Assemble(static assembler =>
        {
            assembler.mov(eax, 0x4000_0000);
            assembler.cpuid();
            assembler.hlt();
        });
        Backends.KvmRegs regs = guest.RunToHalt();
        Assert.Equal((1UL, 2UL, 3UL, 4UL), (regs.Rax, regs.Rbx, regs.Rcx, regs.Rdx));
    }

    [Fact]
    public void An_unknown_instruction_is_counted_and_named()
    {
        using Guest guest = Guest.Long();
        guest.HaltOnExceptions();
        // vaddps ymm0, ymm0, ymm0
        guest.Write(Guest.Code, 0xC5, 0xFC, 0x58, 0xC0);
        Assert.Equal(6, guest.RunToException().Vector);
        Assert.Equal((1, "VEX_Vaddps_ymm_ymm_ymmm256"),
            (guest.Vcpu.Statistics.UnknownInstructions, guest.Vcpu.Statistics.LastUnknownInstruction));
    }
}
