using System;
using System.Runtime.InteropServices;
using System.Threading;
using KvmSharp.Addresses;
using KvmSharp.HostMemory;
using KvmSharp.HyperV;
using KvmSharp.HyperV.Hypercalls;
using KvmSharp.Vcpus;

namespace KvmSharp.Litmus.HyperV;

/// <summary>
/// A guest keeps a translation of its own, from a word of its memory to a page. Another vCPU points the word to the other
/// page, flushes, and poisons the page that was. The guest must never read poison.
/// </summary>
/// <remarks>
/// Broken, the flush waits as for translations that the library knows: until no access is under way. The guest has looked
/// at its requests and at its translation, and makes the access later.
/// </remarks>
sealed class StaleTranslation(bool byHypercall)
    : Variant(byHypercall ? "flush by hypercall" : "flush that waits for accesses alone", isBroken: !byHypercall)
{
    const ulong Clean = 0x600D_600D_600D_600D;
    const ulong Poison = 0xDEAD_DEAD_DEAD_DEAD;
    const int MaxOffset = 300;
    const int MaxCompute = 2_000;

    static readonly Gpa _word = new(0);
    static readonly Gpa[] _pages = [new(Page.Size), new(2 * Page.Size)];

    Words _words;

    internal override Observation Run(TimeSpan duration)
    {
        using AnonymousMemory memory = AnonymousMemory.Create(3 * Page.Size);
        using var machine = new VirtualMachine();
        machine.Slots.Add(_word, memory);
        machine.HyperV.GuestOsId = 1;
        Vcpu target = machine.Vcpus.Create(new VcpuId(0));
        Vcpu caller = machine.Vcpus.Create(new VcpuId(1));
        caller.HyperV.IsEnabled = true;
        machine.Memory.Write(_pages[0], Clean);
        machine.Memory.Write(_word, _pages[0].Value);
        _words = default;

        var guest = new Thread(() => RunGuest(target)) { IsBackground = true };
        guest.Start();

        var random = new Random(Environment.TickCount);
        var deadline = new Deadline(duration);
        long samples = 0, hits = 0;
        for (; !deadline.HasPassed; samples++)
        {
            // The guest has the translation that is taken away.
            long seen = Volatile.Read(ref _words.Reads);
            var spin = new SpinWait();
            while (Volatile.Read(ref _words.Reads) == seen)
                spin.SpinOnce(sleep1Threshold: -1);
            Work.Do(random.Next(MaxOffset));

            Gpa old = _pages[samples & 1];
            Gpa @new = _pages[(samples + 1) & 1];
            caller.Memory.Write(@new, Clean);
            caller.Memory.Write(_word, @new.Value);
            hits += target.Mode == VcpuMode.InGuestMode ? 1 : 0;
            Flush(machine, caller);
            caller.Memory.Write(old, Poison);
        }
        Volatile.Write(ref _words.Over, 1);
        guest.Join();
        return new Observation(samples, hits, Volatile.Read(ref _words.Poisoned));
    }

    void Flush(VirtualMachine machine, Vcpu caller)
    {
        if (!byHypercall)
        {
            machine.Vcpus.MakeRequest(HyperVRequests.TlbFlushGuest, except: caller);
            return;
        }
        const ulong TargetMask = 1;
        caller.HyperV.Hypercall(
            new HypercallRegisters(
                HypercallInput.Of(HypercallCode.FlushVirtualAddressSpace, fast: true), 0, 0, [TargetMask]),
            out HypercallResult result);
        if (result.Status != HypercallStatus.Success)
            throw new InvalidOperationException($"{result}");
    }

    void RunGuest(Vcpu vcpu)
    {
        var random = new Random(1);
        var ranges = new GvaRange[HyperVVcpu.MaxRanges];
        Gpa? translation = null;
        while (Volatile.Read(ref _words.Over) == 0)
        {
            while (!vcpu.TryEnterGuest())
            {
                if (vcpu.HyperV.TakeGuestTlbFlush(ranges, out _) != GuestTlbFlush.None)
                    translation = null;
            }
            while (!vcpu.NeedsExit && Volatile.Read(ref _words.Over) == 0)
            {
                translation ??= new Gpa(vcpu.Memory.Read<ulong>(_word));
                // A few instructions lie between the last look at the requests and the access.
                Work.Do(random.Next(MaxCompute));
                if (vcpu.Memory.Read<ulong>(translation.Value) != Clean)
                    Volatile.Write(ref _words.Poisoned, _words.Poisoned + 1);
                Volatile.Write(ref _words.Reads, _words.Reads + 1);
            }
            vcpu.ExitGuest();
        }
    }

    // Written by one side each, so on lines of their own.
    [StructLayout(LayoutKind.Explicit, Size = 640)]
    struct Words
    {
        [FieldOffset(128)]
        internal long Reads;

        [FieldOffset(256)]
        internal long Poisoned;

        [FieldOffset(384)]
        internal int Over;
    }
}
