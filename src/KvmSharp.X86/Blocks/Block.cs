using System.Runtime.CompilerServices;
using KvmSharp.X86.Operations;
using KvmSharp.X86.Translated;

namespace KvmSharp.X86.Blocks;

/// <summary>A run of instructions without a jump into or out of its middle, as one CPU has decoded it.</summary>
/// <remarks>
/// Blocks are found by physical address, so the operations count from the block's start; where that is in the address
/// space, RIP says. Links to the blocks that follow hold as long as <see cref="Cpu.Epoch"/> stays what it was.
/// </remarks>
sealed class Block
{
    readonly Operation[] _body;
    readonly Terminator _end;
    Link _next;
    Link _taken;

    // None until the block, or one in its region, has been executed often.
    TranslatedRegion? _translated;
    int _entry;

    // Instructions executed one by one.
    long _executed;

    internal Block(Operation[] body, Terminator end, int length, int instructions)
    {
        _body = body;
        _end = end;
        Length = length;
        Instructions = instructions;
    }

    /// <summary>Everything but the last instruction.</summary>
    internal Operation[] Body => _body;

    /// <summary>How it ends.</summary>
    internal Terminator End => _end;

    /// <summary>Bytes of code.</summary>
    internal int Length { get; }

    /// <summary>How many instructions it completes.</summary>
    internal int Instructions { get; }

    /// <summary>The page in which the last instruction goes on, if it does. Such a block is looked up each time.</summary>
    internal CodePage? SecondPage { get; set; }

    /// <summary>Executes the block, or blocks from this one on.</summary>
    /// <returns>
    /// The block to go on with. None when it has to be looked up, or something stopped: <see cref="Cpu.StoppedIn"/> says in
    /// which block. Instructions of those before it are counted.
    /// </returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal Block? Execute(Cpu cpu) => _translated is { } translated ? translated(cpu, _entry) : Interpret(cpu);

    /// <summary>Leaves the block; RIP is at its start, and its body is done.</summary>
    /// <inheritdoc cref="Execute"/>
    internal Block? Leave(Cpu cpu) => Count(cpu, _end.Leave(cpu, this));

    /// <summary>Leaves the block when it is known whether the condition of its jump holds.</summary>
    /// <inheritdoc cref="Leave(Cpu)"/>
    internal Block? Leave(Cpu cpu, bool holds) => Count(cpu, _end.Leave(cpu, this, holds));

    /// <summary>The block that follows in memory, or is jumped to in any case, or returned to; RIP is there already.</summary>
    internal Block? Next(Cpu cpu) => _next.Holds(cpu) ? _next.Target : Follow(cpu, ref _next);

    /// <summary>The block that a condition jumps to; RIP is there already.</summary>
    internal Block? Taken(Cpu cpu) => _taken.Holds(cpu) ? _taken.Target : Follow(cpu, ref _taken);

    /// <summary>The block that <see cref="Next"/> last gave, if it was at that address and is there still.</summary>
    internal Block? LinkedNext(Cpu cpu, ulong rip) => _next.Holds(cpu, rip) ? _next.Target : null;

    /// <summary>The block that <see cref="Next"/> last gave, wherever it was, if it is there still.</summary>
    /// <param name="cpu">The CPU.</param>
    /// <param name="rip">Where it is.</param>
    internal Block? LinkedNext(Cpu cpu, out ulong rip)
    {
        rip = _next.Rip;
        return LinkedNext(cpu, rip);
    }

    /// <inheritdoc cref="LinkedNext(Cpu, ulong)"/>
    internal Block? LinkedTaken(Cpu cpu, ulong rip) => _taken.Holds(cpu, rip) ? _taken.Target : null;

    Block? Count(Cpu cpu, Block? next)
    {
        if (next is null)
            cpu.StopIn(this, Cpu.AtEnd);
        else
            cpu.Complete(Instructions);
        return next;
    }

    Block? Interpret(Cpu cpu)
    {
        Operation[] body = _body;
        for (int index = 0; index < body.Length; index++)
        {
            if (!body[index].Execute(cpu))
            {
                cpu.StopIn(this, index);
                return null;
            }
        }
        _executed += Instructions;
        if (_executed >= cpu.InstructionsBeforeTranslation && RegionTranslator.IsSupported)
            Translate(cpu);
        return Leave(cpu);
    }

    void Translate(Cpu cpu)
    {
        Region region = RegionFinder.Around(this, cpu);
        TranslatedRegion translated = RegionTranslator.Translate(region);
        int added = 0;
        for (int entry = 0; entry < region.Blocks.Length; entry++)
        {
            Block block = region.Blocks[entry];
            if (block._translated is null)
                added++;
            block._translated = translated;
            block._entry = entry;
        }
        cpu.CountTranslation(added);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    static Block? Follow(Cpu cpu, ref Link link)
    {
        Block? found = cpu.FindNext();
        // Looking it up may have changed the epoch.
        if (found is { SecondPage: null })
            link = new Link(found, cpu.Rip, cpu.Epoch);
        return found;
    }

    // The epoch says that code and translations are as they were; the address, that this block runs where it did.
    readonly struct Link(Block target, ulong rip, ulong epoch)
    {
        internal Block Target => target;

        internal ulong Rip => rip;

        internal bool Holds(Cpu cpu) => Holds(cpu, cpu.Rip);

        internal bool Holds(Cpu cpu, ulong at) => epoch == cpu.Epoch && rip == at;
    }
}
