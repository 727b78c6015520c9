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

    // None until the block has been executed often.
    TranslatedBlock? _translated;

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

    /// <summary>Executes the block.</summary>
    /// <returns>
    /// What <see cref="Terminator.Leave"/> returns; or none, when an operation stopped: <see cref="Cpu.StoppedAt"/>.
    /// </returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal Block? Execute(Cpu cpu) => _translated is { } translated ? translated(cpu) : Interpret(cpu);

    /// <summary>The block that follows in memory, or that is jumped to in any case; RIP is there already.</summary>
    internal Block? Next(Cpu cpu) => _next.Holds(cpu) ? _next.Target : Follow(cpu, ref _next);

    /// <summary>The block that a condition jumps to; RIP is there already.</summary>
    internal Block? Taken(Cpu cpu) => _taken.Holds(cpu) ? _taken.Target : Follow(cpu, ref _taken);

    Block? Interpret(Cpu cpu)
    {
        Operation[] body = _body;
        for (int index = 0; index < body.Length; index++)
        {
            if (!body[index].Execute(cpu))
            {
                cpu.StoppedAt = index;
                return null;
            }
        }
        _executed += Instructions;
        if (_executed >= cpu.InstructionsBeforeTranslation && BlockTranslator.IsSupported)
        {
            _translated = BlockTranslator.Translate(this);
            cpu.CountTranslation();
        }
        return _end.Leave(cpu, this);
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

        internal bool Holds(Cpu cpu) => epoch == cpu.Epoch && rip == cpu.Rip;
    }
}
