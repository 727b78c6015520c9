using KvmSharp.Addresses;
using KvmSharp.Backends;
using KvmSharp.Cli.Run.Images;
using KvmSharp.Vcpus;

namespace KvmSharp.Cli.Run.Boot;

/// <summary>The registers that a guest is started with, by mode.</summary>
static class StartState
{
    const ulong ProtectionEnable = 1 << 0;
    const ulong MonitorCoprocessor = 1 << 1;
    const ulong ExtensionType = 1 << 4;
    const ulong NumericError = 1 << 5;
    const ulong WriteProtect = 1 << 16;
    const ulong Paging = 1UL << 31;
    const ulong PhysicalAddressExtension = 1 << 5;
    const ulong SseEnabled = (1 << 9) | (1 << 10);
    const ulong LongModeEnable = 1 << 8;
    const ulong LongModeActive = 1 << 10;
    const ulong NoExecuteEnable = 1 << 11;
    const ulong ReservedFlag = 1 << 1;

    const byte CodeType = 0xb;
    const byte DataType = 0x3;
    const byte BusyTaskType = 0xb;
    const uint WholeLimit = uint.MaxValue;
    const uint RealLimit = 0xffff;
    const ushort CodeSelector = 8;
    const ushort DataSelector = 16;
    const ushort TaskSelector = 24;

    // The descriptors behind the selectors, for a guest that loads a segment register.
    const ulong Code32 = 0x00cf_9b00_0000_ffff;
    const ulong Code64 = 0x00af_9b00_0000_ffff;
    const ulong Data32 = 0x00cf_9300_0000_ffff;

    /// <summary>Writes the descriptors that the segment registers below are copies of.</summary>
    internal static void WriteDescriptors(MachineMemory memory, GuestMode mode)
    {
        if (mode == GuestMode.Real)
            return;
        Gpa at = BootLayout.Descriptors;
        memory.Write(at, 0UL);
        memory.Write(at + CodeSelector, mode == GuestMode.Long ? Code64 : Code32);
        memory.Write(at + DataSelector, Data32);
    }

    /// <summary>Sets a vCPU's registers.</summary>
    /// <param name="vcpu">The vCPU, as created.</param>
    /// <param name="image">What it starts.</param>
    /// <param name="index">Its index, which it finds in DI; in SI it finds the boot record.</param>
    /// <param name="stack">The end of its stack.</param>
    internal static void Apply(IVcpu vcpu, GuestImage image, int index, Gpa stack)
    {
        vcpu.GetSregs(out KvmSregs sregs);
        switch (image.Mode)
        {
            case GuestMode.Real:
                SetReal(ref sregs, image.Entry);
                break;
            case GuestMode.Protected:
                SetProtected(ref sregs);
                break;
            default:
                SetLong(ref sregs);
                break;
        }
        vcpu.SetSregs(sregs);
        vcpu.SetRegs(new KvmRegs
        {
            Rip = image.Entry.Value - sregs.Cs.Base,
            Rsp = stack.Value,
            Rflags = ReservedFlag,
            Rdi = (ulong)index,
            Rsi = BootLayout.Record.Value,
            Rax = image.IsMultiboot ? MultibootInformation.BootloaderMagic : 0,
            Rbx = image.IsMultiboot ? BootLayout.Record.Value : 0,
        });
    }

    // All segments at 0, as long as the entry can be reached so.
    static void SetReal(ref KvmSregs sregs, Gpa entry)
    {
        ulong codeBase = entry.Value & ~(ulong)RealLimit;
        SetDataSegments(ref sregs, new KvmSegment { Limit = RealLimit, Type = DataType, Present = 1, S = 1 });
        sregs.Cs = new KvmSegment
        {
            Base = codeBase,
            Selector = (ushort)(codeBase >> 4),
            Limit = RealLimit,
            Type = CodeType,
            Present = 1,
            S = 1,
        };
    }

    static void SetProtected(ref KvmSregs sregs)
    {
        SetFlat(ref sregs);
        sregs.Cs.Db = 1;
        sregs.Cr0 = ProtectionEnable | MonitorCoprocessor | ExtensionType | NumericError;
        sregs.Cr4 |= SseEnabled;
    }

    static void SetLong(ref KvmSregs sregs)
    {
        SetFlat(ref sregs);
        sregs.Cs.L = 1;
        sregs.Cr0 = Paging | WriteProtect | ProtectionEnable | MonitorCoprocessor | ExtensionType | NumericError;
        sregs.Cr3 = BootLayout.PageMap.Value;
        sregs.Cr4 = PhysicalAddressExtension | SseEnabled;
        sregs.Efer = LongModeEnable | LongModeActive | NoExecuteEnable;
    }

    static void SetFlat(ref KvmSregs sregs)
    {
        sregs.Cs = new KvmSegment
        {
            Selector = CodeSelector,
            Limit = WholeLimit,
            Type = CodeType,
            Present = 1,
            S = 1,
            G = 1,
        };
        SetDataSegments(ref sregs, new KvmSegment
        {
            Selector = DataSelector,
            Limit = WholeLimit,
            Type = DataType,
            Present = 1,
            Db = 1,
            S = 1,
            G = 1,
        });
        sregs.Tr = new KvmSegment
        {
            Base = BootLayout.TaskState.Value,
            Selector = TaskSelector,
            Limit = 0x67,
            Type = BusyTaskType,
            Present = 1,
        };
        sregs.Gdt = new KvmDtable { Base = BootLayout.Descriptors.Value, Limit = TaskSelector - 1 };
        sregs.Idt = default;
    }

    static void SetDataSegments(ref KvmSregs sregs, in KvmSegment segment)
    {
        sregs.Ds = segment;
        sregs.Es = segment;
        sregs.Fs = segment;
        sregs.Gs = segment;
        sregs.Ss = segment;
    }
}
