using System;
using System.Runtime.InteropServices;
using System.Threading;
using KvmSharp.Addresses;
using KvmSharp.HostMemory;
using KvmSharp.Slots;
using KvmSharp.Vcpus;

namespace KvmSharp.Litmus.AccessFlush;

/// <summary>
/// The library: a vCPU in guest mode reads a page and never polls; the host takes the page away, poisons it when the
/// call has returned, cleans it and puts it back. The guest must never read poison.
/// </summary>
sealed class GuestRace(GuestRead read, TakenAwayBy by)
    : Variant($"guest {Describe(read)}, {Describe(by)}", isBroken: by == TakenAwayBy.Nothing)
{
    const ulong Clean = 0x600D_600D_600D_600D;
    const ulong Poison = 0xDEAD_DEAD_DEAD_DEAD;
    const int MaxOffset = 300;
    const int MaxCompute = 60_000;

    static readonly Gpa _here = new(0x1000);
    static readonly Gpa _elsewhere = new(0x20_0000);

    Words _words;

    static string Describe(GuestRead read) => read switch
    {
        GuestRead.Word => "word",
        GuestRead.PageCopy => "page copy",
        _ => "computes",
    };

    static string Describe(TakenAwayBy by) => by switch
    {
        TakenAwayBy.Delete => "delete",
        TakenAwayBy.Move => "move",
        _ => "no removal",
    };

    internal override Observation Run(TimeSpan duration)
    {
        using AnonymousMemory memory = AnonymousMemory.Create(Page.Size);
        using var machine = new VirtualMachine();
        Vcpu vcpu = machine.Vcpus.Create(new VcpuId(0));
        Span<byte> host = memory.AsSpan(0, Page.Size);
        Fill(host, Clean);
        SlotId id = machine.Slots.Add(_here, memory);
        _words = default;

        var guest = new Thread(() => RunGuest(vcpu)) { IsBackground = true };
        guest.Start();

        var random = new Random(Environment.TickCount);
        var deadline = new Deadline(duration);
        long samples = 0, hits = 0;
        for (; !deadline.HasPassed; samples++)
        {
            // The page is in the guest's TLB when it is taken away.
            long seen = Volatile.Read(ref _words.Reads);
            var spin = new SpinWait();
            while (Volatile.Read(ref _words.Reads) == seen)
                spin.SpinOnce(sleep1Threshold: -1);
            Work.Do(random.Next(MaxOffset));

            long before = Volatile.Read(ref _words.Reads);
            if (by == TakenAwayBy.Delete)
                machine.Slots.Delete(id);
            else if (by == TakenAwayBy.Move)
                machine.Slots.Move(id, _elsewhere);
            Fill(host, Poison);
            long after = Volatile.Read(ref _words.Reads);
            // Guest reads that ended while the call ran: the request met a guest that used the page.
            hits += after != before || read == GuestRead.Compute ? 1 : 0;
            // A read that is late would come now.
            Work.Do(random.Next(MaxOffset));
            Fill(host, Clean);
            if (by == TakenAwayBy.Delete)
                id = machine.Slots.Add(_here, memory);
            else if (by == TakenAwayBy.Move)
                machine.Slots.Move(id, _here);
        }
        Volatile.Write(ref _words.Over, 1);
        guest.Join();
        long barriers = machine.Counters.ProcessBarriers;
        return new Observation(samples, hits, Volatile.Read(ref _words.Poisoned), $"{barriers} process barriers");
    }

    void RunGuest(Vcpu vcpu)
    {
        var random = new Random(1);
        var cold = new ColdStores();
        byte[] page = new byte[Page.Size];
        while (!vcpu.TryEnterGuest())
        {
        }
        while (Volatile.Read(ref _words.Over) == 0)
        {
            // Keeps the access mark in the store buffer for a while.
            cold.StoreSomewhere();
            bool inMemory;
            bool poisoned;
            if (read == GuestRead.PageCopy)
            {
                inMemory = vcpu.Memory.TryRead(_here, page, out _);
                poisoned = inMemory && page.AsSpan().Contains((byte)0xDE);
            }
            else
            {
                inMemory = vcpu.Memory.TryRead(_here, out ulong word);
                poisoned = inMemory && word != Clean;
            }
            if (poisoned)
                Volatile.Write(ref _words.Poisoned, _words.Poisoned + 1);
            if (inMemory)
                Volatile.Write(ref _words.Reads, _words.Reads + 1);
            if (read == GuestRead.Compute)
                Work.Do(random.Next(MaxCompute));
        }
        vcpu.ExitGuest();
    }

    static void Fill(Span<byte> host, ulong word)
    {
        for (int offset = 0; offset < host.Length; offset += sizeof(ulong))
            BitConverter.TryWriteBytes(host[offset..], word);
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
