using System;
using System.Collections.Generic;
using System.IO;
using Iced.Intel;
using KvmSharp.X86.Tests.Oracle;
using Xunit;

namespace KvmSharp.X86.Tests.Translated;

/// <summary>
/// Makes random loops: blocks of what <see cref="RandomBlock"/> draws, with calls of functions and jumps that depend on the
/// flags, onwards to any block and back to any block, until a count in memory is used up. A HLT is the end.
/// </summary>
sealed class RandomLoop(RandomSource random)
{
    /// <summary>Where the count is: bytes from R8, 32 bits.</summary>
    internal const int CountOffset = 1536;

    const int Functions = 2;

    readonly RandomBlock _blocks = new(random);

    /// <summary>Makes one.</summary>
    /// <param name="at">Where it will lie.</param>
    /// <param name="blocks">How many blocks.</param>
    internal byte[] Make(ulong at, int blocks)
    {
        // While the code has no addresses, an instruction's number stands for one.
        var code = new List<Instruction>();
        var jumps = new List<(int At, int Block)>();
        int[] starts = new int[blocks + 1 + Functions];
        for (int block = 0; block < blocks; block++)
        {
            starts[block] = code.Count;
            for (int count = random.Below(8); count >= 0; count--)
                code.Add(_blocks.Draw());
            if (random.OneIn(3))
                AddJump(Code.Call_rel32_64, blocks + 1 + random.Below(Functions));
            // Onwards, over one block at least.
            AddJump(random.Pick<Code>(_jumps), Math.Min(blocks, block + 2 + random.Below(3)));
            if (!random.OneIn(3))
                continue;
            AddCount();
            AddJump(Code.Jg_rel32_64, random.Below(block + 1));
        }
        starts[blocks] = code.Count;
        AddCount();
        AddJump(Code.Jg_rel32_64, 0);
        code.Add(Instruction.Create(Code.Hlt));
        for (int function = blocks + 1; function < starts.Length; function++)
        {
            starts[function] = code.Count;
            for (int count = random.Below(4); count >= 0; count--)
                code.Add(DrawBalanced());
            code.Add(Instruction.Create(Code.Retnq));
        }
        foreach ((int index, int block) in jumps)
            code[index] = code[index] with { NearBranch64 = NumberOf(starts[block]) };
        for (int index = 0; index < code.Count; index++)
            code[index] = code[index] with { IP = NumberOf(index) };

        using var stream = new MemoryStream();
        var whole = new InstructionBlock(new StreamCodeWriter(stream), code, at);
        Assert.True(BlockEncoder.TryEncode(64, whole, out string? error, out _), error);
        return stream.ToArray();

        void AddJump(Code form, int block)
        {
            jumps.Add((code.Count, block));
            code.Add(Instruction.CreateBranch(form, 0));
        }

        void AddCount() =>
            code.Add(Instruction.Create(Code.Dec_rm32, new MemoryOperand(Register.R8, CountOffset, 8)));
    }

    static readonly Code[] _jumps =
    [
        Code.Jo_rel32_64, Code.Jno_rel32_64, Code.Jb_rel32_64, Code.Jae_rel32_64, Code.Je_rel32_64, Code.Jne_rel32_64,
        Code.Jbe_rel32_64, Code.Ja_rel32_64, Code.Js_rel32_64, Code.Jns_rel32_64, Code.Jp_rel32_64, Code.Jnp_rel32_64,
        Code.Jl_rel32_64, Code.Jge_rel32_64, Code.Jle_rel32_64, Code.Jg_rel32_64,
    ];

    static ulong NumberOf(int index) => (ulong)index + 1;

    // The return address stays on top.
    Instruction DrawBalanced()
    {
        while (true)
        {
            Instruction instruction = _blocks.Draw();
            if (instruction.StackPointerIncrement == 0)
                return instruction;
        }
    }
}
