using KvmSharp.Hardware.Abi;
using Xunit;

namespace KvmSharp.Hardware.Tests.Abi;

/// <summary>Request numbers are computed; here they meet the numbers that the kernel's users have in their binaries.</summary>
public sealed class RequestTests
{
    public static TheoryData<string, uint> Numbers => new()
    {
        { nameof(Requests.KVM_GET_API_VERSION), 0xae00 },
        { nameof(Requests.KVM_CREATE_VM), 0xae01 },
        { nameof(Requests.KVM_GET_MSR_INDEX_LIST), 0xc004ae02 },
        { nameof(Requests.KVM_CHECK_EXTENSION), 0xae03 },
        { nameof(Requests.KVM_GET_SUPPORTED_CPUID), 0xc008ae05 },
        { nameof(Requests.KVM_CREATE_VCPU), 0xae41 },
        { nameof(Requests.KVM_GET_DIRTY_LOG), 0x4010ae42 },
        { nameof(Requests.KVM_SET_USER_MEMORY_REGION), 0x4020ae46 },
        { nameof(Requests.KVM_SET_USER_MEMORY_REGION2), 0x40a0ae49 },
        { nameof(Requests.KVM_REGISTER_COALESCED_MMIO), 0x4010ae67 },
        { nameof(Requests.KVM_UNREGISTER_COALESCED_MMIO), 0x4010ae68 },
        { nameof(Requests.KVM_IRQFD), 0x4020ae76 },
        { nameof(Requests.KVM_IOEVENTFD), 0x4040ae79 },
        { nameof(Requests.KVM_RUN), 0xae80 },
        { nameof(Requests.KVM_GET_REGS), 0x8090ae81 },
        { nameof(Requests.KVM_SET_SREGS), 0x4138ae84 },
        { nameof(Requests.KVM_SET_MSRS), 0x4008ae89 },
        { nameof(Requests.KVM_SET_SIGNAL_MASK), 0x4004ae8b },
        { nameof(Requests.KVM_GET_FPU), 0x81a0ae8c },
        { nameof(Requests.KVM_SET_GUEST_DEBUG), 0x4048ae9b },
        { nameof(Requests.KVM_GET_VCPU_EVENTS), 0x8040ae9f },
        { nameof(Requests.KVM_SET_DEBUGREGS), 0x4080aea2 },
        { nameof(Requests.KVM_ENABLE_CAP), 0x4068aea3 },
        { nameof(Requests.KVM_GET_XSAVE), 0x9000aea4 },
        { nameof(Requests.KVM_SET_XCRS), 0x4188aea7 },
        { nameof(Requests.KVM_CLEAR_DIRTY_LOG), 0xc018aec0 },
        { nameof(Requests.KVM_RESET_DIRTY_RINGS), 0xaec7 },
        { nameof(Requests.KVM_CREATE_GUEST_MEMFD), 0xc040aed4 },
    };

    [Theory]
    [MemberData(nameof(Numbers))]
    public void A_computed_number_is_the_kernels(string name, uint number) =>
        Assert.Equal($"0x{number:x}", $"0x{KernelAbi.Request(name).Number:x}");

    [Fact]
    public void Every_request_bears_the_name_of_its_field() =>
        Assert.All(KernelAbi.Requests, pair => Assert.Equal(pair.Field, pair.Request.Name));
}
