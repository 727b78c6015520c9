using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using KvmSharp.Addresses;
using KvmSharp.Vcpus;
using KvmSharp.X86.Blocks;
using KvmSharp.X86.Events;
using KvmSharp.X86.Paging;
using KvmSharp.X86.State;

namespace KvmSharp.X86;

// From RIP to a decoded block.
partial class Cpu
{
    const int JumpEntries = 4096;

    readonly CodeCache _code;
    readonly JumpEntry[] _jumps = new JumpEntry[JumpEntries];

    // What blocks are found by besides their address: mode and privilege.
    BlockKey _codeKey;

    // CS when 16-bit or 32-bit code last ran; another one makes another epoch.
    ulong _codeBase;
    uint _codeLimit;

    // Filled by anyone, before the request is made.
    readonly ConcurrentQueue<Gfn> _foreignWrites = new();

    // Whether one instruction is to be executed and no more.
    bool _single;

    // Whether that is wanted of the next one.
    bool _stepsNext;

    /// <summary>
    /// Changes whenever a link between blocks might no longer hold: translations were dropped, code was written, CS is
    /// another. Never 0.
    /// </summary>
    internal ulong Epoch { get; private set; } = 1;

    internal CodeCache Code => _code;

    /// <summary>
    /// How many instructions of a block are executed one by one before it is translated. By default about as many as take
    /// as long as a translation does: whatever a guest does, translating at most doubles its time.
    /// </summary>
    internal long InstructionsBeforeTranslation { get; set; } = 1 << 17;

    /// <summary>Blocks translated, for counting.</summary>
    internal long BlocksTranslated { get; private set; }

    /// <summary>Translations made, for counting: each of one block or several.</summary>
    internal long RegionsTranslated { get; private set; }

    /// <summary>Notes a translation.</summary>
    /// <param name="blocks">Its blocks that had none before.</param>
    internal void CountTranslation(int blocks)
    {
        RegionsTranslated++;
        BlocksTranslated += blocks;
    }

    /// <summary>Jumps whose target was looked up, and those that were not at hand; for counting.</summary>
    internal long BlockLookups { get; private set; }

    /// <inheritdoc cref="BlockLookups"/>
    internal long BlockMisses { get; private set; }

    /// <summary>The block at RIP.</summary>
    /// <returns>None when it cannot be fetched, or something has to be done first; <see cref="Stop"/> says what.</returns>
    internal Block? FindNext()
    {
        ulong rip = Rip;
        ref JumpEntry entry = ref _jumps[(int)HashOf(rip)];
        BlockLookups++;
        if (entry.Rip == rip && entry.Epoch == Epoch && entry.Key == _codeKey && !_single)
            return entry.Block;
        return FindSlowly(rip);
    }

    /// <summary>Blocks are looked up again before they are run again.</summary>
    internal void ForgetLinks()
    {
        Epoch++;
        if (Stop == StopReason.None)
            Stop = StopReason.Done;
        Proceed = false;
    }

    /// <summary>What is asked of a CPU when somebody else has written a tracked frame.</summary>
    internal static VcpuRequest CodeWritten { get; } = VcpuRequest.Architectural(9, VcpuRequestOptions.NoWakeup);

    /// <summary>A tracked frame is written by another CPU or the host. Any thread.</summary>
    internal void NoteForeignWrite(Gfn frame)
    {
        _foreignWrites.Enqueue(frame);
        Vcpu.MakeRequest(CodeWritten);
    }

    void ServeForeignWrites()
    {
        while (_foreignWrites.TryDequeue(out Gfn frame))
            _code.NoteForeignWrite(frame);
        Epoch++;
    }

    /// <summary>Makes writes to a frame with code come by.</summary>
    internal void ProtectCode(ulong gpa)
    {
        _supervisorTlb.ProtectFrame(gpa);
        _userTlb.ProtectFrame(gpa);
    }

    /// <summary>Follows a write that did not take the fast way.</summary>
    void NoteStore(ulong gpa, int bytes) => _code.NoteStore(gpa, bytes);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static ulong HashOf(ulong rip) => (rip ^ (rip >> 12)) & (JumpEntries - 1);

    [MethodImpl(MethodImplOptions.NoInlining)]
    Block? FindSlowly(ulong rip)
    {
        if (_single && _singleTaken)
        {
            // The one instruction is done.
            Stop = StopReason.Done;
            return null;
        }
        BlockMisses++;
        BlockKey key = _codeKey with { IsSingle = _single };
        Block? block = Fetch(rip, key);
        if (block is null)
            return null;
        if (Mode != CodeMode.Bits64 && rip + (ulong)block.Length - 1 > CodeLimit)
        {
            // An instruction at a time, to find the one that is not inside.
            if (!_single && block.Instructions > 1)
            {
                block = Fetch(rip, key with { IsSingle = true });
                if (block is null)
                    return null;
            }
            if (rip + (ulong)block.Length - 1 > CodeLimit)
                return Refuse(Vector.GeneralProtection);
            return block;
        }
        if (block.SecondPage is null && !_single)
            _jumps[(int)HashOf(rip)] = new JumpEntry(rip, Epoch, _codeKey, block);
        return block;
    }

    uint CodeLimit => State.Segments[(int)SegmentName.Cs].Limit;

    Block? Fetch(ulong rip, BlockKey key)
    {
        ulong linear = Mode == CodeMode.Bits64 ? rip : (uint)(State.Segments[(int)SegmentName.Cs].Base + rip);
        if (Mode == CodeMode.Bits64 && !IsCanonical(linear))
            return Refuse(Vector.GeneralProtection);
        if (PageOf(linear) is not { } page)
            return null;
        int offset = (int)(linear & Page.OffsetMask);
        Block? block = page.Find(offset, key);
        if (block is null)
            block = _code.Decode(page, offset, key, rip);
        else if (block.SecondPage is null)
            return block;
        if (block is { SecondPage: null })
            return block;

        // The instruction goes on in the next page, wherever that lies now.
        if (PageOf(WrapLinear((linear | Page.OffsetMask) + 1)) is not { } second)
            return null;
        return block is not null && ReferenceEquals(block.SecondPage, second)
            ? block
            : _code.DecodeCrossing(page, offset, second, key, rip);
    }

    CodePage? PageOf(ulong linear)
    {
        if (!TryTranslate(linear, AccessKind.Execute, IsUser, out ulong gpa))
        {
            Stop = StopReason.FetchFault;
            return null;
        }
        if (_code.PageAt(gpa) is { } page)
            return page;
        // No memory to fetch from: KVM's emulator gives up there, too.
        if (Memory.Fault.Kind == GuestAccessKind.Mmio)
            Exit = ExitKind.FetchOutsideMemory;
        else
            StopForMemory();
        Stop = StopReason.FetchExit;
        return null;
    }

    Block? Refuse(Vector vector)
    {
        Raise(vector, 0);
        Stop = StopReason.FetchFault;
        return null;
    }

    // What was found where, while the epoch is the same.
    readonly struct JumpEntry(ulong rip, ulong epoch, BlockKey key, Block block)
    {
        internal ulong Rip => rip;

        internal ulong Epoch => epoch;

        internal BlockKey Key => key;

        internal Block Block => block;
    }
}
