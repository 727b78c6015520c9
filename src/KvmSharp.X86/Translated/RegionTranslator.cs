using System;
using System.Runtime.CompilerServices;
using KvmSharp.X86.Blocks;
using KvmSharp.X86.Operations;

namespace KvmSharp.X86.Translated;

/// <summary>Makes one method of the host out of a region.</summary>
/// <remarks>
/// Guest registers and flags become variables of the method, which the host's compiler keeps in registers of its own. What
/// an operation computes it says by the same methods that it executes by. What flags it leaves behind is dropped where the
/// block itself replaces them before anybody could look.
/// </remarks>
static class RegionTranslator
{
    /// <summary>Whether this host compiles code at run time.</summary>
    internal static bool IsSupported => RuntimeFeature.IsDynamicCodeCompiled;

    /// <summary>Translates. Takes milliseconds: for blocks that have been executed often.</summary>
    internal static TranslatedRegion Translate(Region region)
    {
        // The first time to learn which registers there are.
        var registers = new RegisterUse();
        Emit(new RegionEmitter(region, registers));
        var code = new RegionEmitter(region, registers);
        Emit(code);
        return code.Finish();

        void Emit(RegionEmitter code)
        {
            code.Enter();
            for (int number = 0; number < region.Blocks.Length; number++)
                EmitBlock(code, number, region.Blocks[number]);
            code.Leave();
        }
    }

    static void EmitBlock(RegionEmitter code, int number, Block block)
    {
        Operation[] body = block.Body;
        bool[] flagsAreSeen = FindSeenFlags(body);
        code.BeginBlock(number);
        for (int index = 0; index < body.Length; index++)
        {
            code.Begin(index, flagsAreSeen[index]);
            body[index].Emit(code);
        }
        code.Begin(RegionExit.AtEnd, flagsAreSeen: true);
        block.End.Emit(code);
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
