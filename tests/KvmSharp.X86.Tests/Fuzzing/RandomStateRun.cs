using System;
using System.Threading;
using KvmSharp.Addresses;
using KvmSharp.Backends;
using KvmSharp.X86.Tests.Guests;
using KvmSharp.X86.Tests.Oracle;

namespace KvmSharp.X86.Tests.Fuzzing;

/// <summary>
/// Random state through the calls that set it – segments, control registers, tables, MSRs, debug registers, events, floating
/// point – over random tables in memory, and then random code. What a call refuses is <see cref="KvmException"/>; whatever
/// it takes, running is exits.
/// </summary>
/// <param name="seed">Decides everything.</param>
sealed class RandomStateRun(ulong seed)
{
    const int StatesOfAGuest = 64;
    const long InstructionsOfAState = 300;
    static readonly TimeSpan _longestRun = TimeSpan.FromMilliseconds(100);

    static readonly ulong[] _tables = [Guest.Gdt, Guest.Idt, Guest.Task, PageTables.Root];

    readonly RandomSource _random = new(seed);

    /// <summary>States that were run.</summary>
    internal long States { get; private set; }

    /// <summary>Calls that were refused.</summary>
    internal long Refusals { get; private set; }

    /// <summary>Instructions executed.</summary>
    internal long Instructions { get; private set; }

    /// <summary>Runs so many states more.</summary>
    /// <exception cref="InvalidOperationException">Host memory beside the guest's was written.</exception>
    internal void Run(long states)
    {
        for (long end = States + states; States < end;)
            RunGuest();
    }

    void RunGuest()
    {
        using Guest guest = _random.Below(4) switch
        {
            0 => Guest.Real(),
            1 => Guest.Protected(),
            _ => Guest.Long(),
        };
        guest.HaltOnExceptions();
        SoftwareVcpu vcpu = guest.Vcpu;
        using var patience = new Timer(_ => vcpu.Kick(), null, _longestRun, _longestRun);
        KvmSregs plain = guest.Sregs;
        for (int i = 0; i < StatesOfAGuest; i++, States++)
        {
            if (i % 8 == 0)
                RandomBytes.Fill(guest, _random);
            SpoilTables(guest);
            Try(() => vcpu.SetSregs(plain));
            RandomBytes.Scatter(guest, _random);
            SetState(vcpu, plain);
            vcpu.Cpu.Budget = vcpu.Statistics.Instructions + InstructionsOfAState;
            VcpuExit exit = vcpu.Run();
            foreach (ref byte answer in exit.Data)
                answer = (byte)_random.Next();
            // What the guest made of it can be read, too.
            vcpu.GetSregs(out _);
            vcpu.GetEvents(out _);
            vcpu.GetFpu(out _);
        }
        Instructions += vcpu.Statistics.Instructions;
        if (!guest.HasCleanMargins())
            throw new InvalidOperationException("host memory beside the guest's was written");
    }

    void SpoilTables(Guest guest)
    {
        for (int i = 0; i < 4; i++)
        {
            ulong at = _random.Pick<ulong>(_tables) + (ulong)(_random.Below(64) * sizeof(ulong));
            guest.Memory.Write(new Gpa(at), _random.OneIn(2) ? Value() : guest.Read<ulong>(at) ^ (1UL << _random.Below(64)));
        }
    }

    void SetState(SoftwareVcpu vcpu, KvmSregs sregs)
    {
        // A few fields out of the order at a time: states with everything random are refused, or fault at once.
        int changes = 1 + _random.Below(4);
        for (int i = 0; i < changes; i++)
            ChangeSregs(ref sregs);
        Try(() => vcpu.SetSregs(sregs));
        if (_random.OneIn(4))
            Try(() => vcpu.SetMsrs([new KvmMsrEntry(_random.Pick(Cpu.SavedMsrs), Value()), new KvmMsrEntry(0xC000_0080, Value())]));
        if (_random.OneIn(4))
            Try(() => vcpu.SetDebugRegs(_random.Any<KvmDebugRegs>() with { Flags = 0, Dr6 = (uint)Value(), Dr7 = (uint)Value() }));
        if (_random.OneIn(8))
            Try(() => vcpu.SetEvents(_random.Any<KvmVcpuEvents>() with { Flags = (KvmVcpuEventsFlags)_random.Below(16), ExceptionNr = (byte)_random.Below(33) }));
        if (_random.OneIn(8))
            Try(() => vcpu.SetFpu(_random.Any<KvmFpu>()));
        if (_random.OneIn(8))
            Try(() => vcpu.SetGuestDebug(_random.Any<KvmGuestDebug>() with { Control = (KvmGuestDebugControl)(Value() & 0x000f_0003) }));
        if (_random.OneIn(16))
            Try(() => vcpu.Xcr0 = Value() & 7);
        if (_random.OneIn(4))
            Try(() => vcpu.Interrupt((byte)_random.Next()));
        if (_random.OneIn(8))
            vcpu.Nmi();
        vcpu.RequestInterruptWindow = _random.OneIn(8);
    }

    void ChangeSregs(ref KvmSregs sregs)
    {
        switch (_random.Below(12))
        {
            case 0:
                Change(ref sregs.Cs);
                break;
            case 1:
                Change(ref sregs.Ss);
                break;
            case 2:
                Change(ref sregs.Ds);
                break;
            case 3:
                Change(ref sregs.Fs);
                break;
            case 4:
                Change(ref sregs.Tr);
                break;
            case 5:
                Change(ref sregs.Ldt);
                break;
            case 6:
                sregs.Gdt = new KvmDtable { Base = Value(), Limit = (ushort)_random.Next() };
                break;
            case 7:
                sregs.Idt = new KvmDtable { Base = Value(), Limit = (ushort)_random.Next() };
                break;
            case 8:
                sregs.Cr0 ^= 1UL << _random.Below(32);
                break;
            case 9:
                sregs.Cr3 = Value();
                break;
            case 10:
                sregs.Cr4 ^= 1UL << _random.Below(24);
                break;
            default:
                sregs.Efer ^= 1UL << _random.Below(16);
                break;
        }
    }

    void Change(ref KvmSegment segment)
    {
        switch (_random.Below(4))
        {
            case 0:
                segment.Base = Value();
                break;
            case 1:
                segment.Limit = (uint)Value();
                break;
            case 2:
                segment.Selector = (ushort)Value();
                break;
            default:
                segment = _random.Any<KvmSegment>() with { Base = segment.Base, Limit = segment.Limit };
                break;
        }
    }

    // Addresses in memory as often as any number.
    ulong Value() => _random.OneIn(2) ? EdgeValues.Integer(_random) : (ulong)_random.Below((int)Guest.MemoryBytes) & ~7UL;

    void Try(Action call)
    {
        try
        {
            call();
        }
        catch (KvmException)
        {
            Refusals++;
        }
    }
}
