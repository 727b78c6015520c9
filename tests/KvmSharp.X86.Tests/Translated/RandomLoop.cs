using System;
using System.Collections.Generic;
using System.IO;
using Iced.Intel;
using KvmSharp.X86.Tests.Oracle;
using Xunit;

namespace KvmSharp.X86.Tests.Translated;

/// <summary>
/// Makes random loops: blocks of what <see cref="RandomBlock"/> draws, with jumps that depend on the flags, onwards to any
/// block and back to any block, until a count in memory is used up. A HLT is the end.
/// </summary>
sealed class RandomLoop(RandomSource random)
{
    /// <summary>Where the count is: bytes from R8, 32 bits.</summary>
    internal const int CountOffset = 1536;

    readonly RandomBlock _blocks = new(random);

    /// <summary>Makes one.</summary>
    /// <param name="at">Where it will lie.</param>
    /// <param name="blocks">How many blocks.</param>
    internal byte[] Make(ulong at, int blocks)
    {
        // While the code has no addresses, an instruction's number stands for one.
        var code = new List<Instruction>();
        var jumps = new List<(int At, int Block)>();
        int[] starts = new int[blocks + 1];
        for (int block = 0; block < blocks; block++)
        {
            starts[block] = code.Count;
            for (int count = random.Below(8); count >= 0; count--)
                code.Add(_blocks.Draw());
            // Onwards, over one block at least.
            jumps.Add((code.Count, Math.Min(blocks, block + 2 + random.Below(3))));
            code.Add(Instruction.CreateBranch(random.Pick<Code>(_jumps), 0));
            if (!random.OneIn(3))
                continue;
            AddCount(code);
            jumps.Add((code.Count, random.Below(block + 1)));
            code.Add(Instruction.CreateBranch(Code.Jg_rel32_64, 0));
        }
        starts[blocks] = code.Count;
        AddCount(code);
        jumps.Add((code.Count, 0));
        code.Add(Instruction.CreateBranch(Code.Jg_rel32_64, 0));
        code.Add(Instruction.Create(Code.Hlt));
        foreach ((int index, int block) in jumps)
            code[index] = code[index] with { NearBranch64 = NumberOf(starts[block]) };
        for (int index = 0; index < code.Count; index++)
            code[index] = code[index] with { IP = NumberOf(index) };

        using var stream = new MemoryStream();
        var whole = new InstructionBlock(new StreamCodeWriter(stream), code, at);
        Assert.True(BlockEncoder.TryEncode(64, whole, out string? error, out _), error);
        return stream.ToArray();
    }

    static readonly Code[] _jumps =
    [
        Code.Jo_rel32_64, Code.Jno_rel32_64, Code.Jb_rel32_64, Code.Jae_rel32_64, Code.Je_rel32_64, Code.Jne_rel32_64,
        Code.Jbe_rel32_64, Code.Ja_rel32_64, Code.Js_rel32_64, Code.Jns_rel32_64, Code.Jp_rel32_64, Code.Jnp_rel32_64,
        Code.Jl_rel32_64, Code.Jge_rel32_64, Code.Jle_rel32_64, Code.Jg_rel32_64,
    ];

    static ulong NumberOf(int index) => (ulong)index + 1;

    static void AddCount(List<Instruction> code) =>
        code.Add(Instruction.Create(Code.Dec_rm32, new MemoryOperand(Register.R8, CountOffset, 8)));
}
