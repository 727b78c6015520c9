using System;
using System.Runtime.CompilerServices;
using KvmSharp.X86.Blocks;
using KvmSharp.X86.Operations;

namespace KvmSharp.X86.Translated;

/// <summary>Makes one method of the host out of a block.</summary>
/// <remarks>
/// Each operation appends calls of the same methods that it executes by, with its operands as constants; the host's compiler
/// makes them one piece of code. What flags an operation leaves behind is dropped where the block itself replaces them
/// before anybody could look.
/// </remarks>
static class BlockTranslator
{
    /// <summary>Whether this host compiles code at run time.</summary>
    internal static bool IsSupported => RuntimeFeature.IsDynamicCodeCompiled;

    /// <summary>Translates. Takes milliseconds: for blocks that have been executed often.</summary>
    internal static TranslatedBlock Translate(Block block)
    {
        Operation[] body = block.Body;
        bool[] flagsAreSeen = FindSeenFlags(body);
        var code = new BlockEmitter(block);
        for (int index = 0; index < body.Length; index++)
        {
            code.Begin(index, flagsAreSeen[index]);
            body[index].Emit(code);
        }
        block.End.Emit(code);
        return code.Finish();
    }

    /// <summary>Finds out, for each operation, whether anybody sees the flags that it leaves behind.</summary>
    internal static bool[] FindSeenFlags(ReadOnlySpan<Operation> body)
    {
        bool[] seen = new bool[body.Length];
        // Whatever follows the body may look.
        bool isSeen = true;
        for (int index = body.Length - 1; index >= 0; index--)
        {
            seen[index] = isSeen;
            isSeen = body[index].FlagUse switch
            {
                FlagUse.Shows => true,
                FlagUse.Replaces => false,
                _ => isSeen,
            };
        }
        return seen;
    }
}
