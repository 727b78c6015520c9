using System;
using System.Collections.Generic;
using System.Reflection;
using System.Reflection.Emit;
using KvmSharp.X86.Blocks;
using KvmSharp.X86.Operations;
using KvmSharp.X86.State;

namespace KvmSharp.X86.Translated;

/// <summary>What a region's operations translate themselves with: the method's code, and the way in, about and out.</summary>
/// <remarks>
/// The variables hold the registers and flags from the way in to the one way out; <see cref="CpuState"/> has them before and
/// after, and while an operation that is not translated is called. Wherever an operation may stop the evaluation stack is
/// empty.
/// </remarks>
sealed partial class RegionEmitter
{
    static readonly MethodInfo _origin = ((Func<Region, Cpu, int, ulong>)Region.OriginOf).Method;
    static readonly MethodInfo _exit = ((Func<Region, Cpu, ulong, long, int, Block?>)RegionExit.Leave).Method;
    static readonly MethodInfo _mayGoOn = ((Func<Cpu, long, bool>)MayGoOn).Method;
    static readonly MethodInfo _operationAt = ((Func<Region, int, int, Operation>)Region.OperationAt).Method;
    static readonly MethodInfo _moveTo = ((Action<Cpu, ulong>)MoveTo).Method;

    readonly Region _region;
    readonly DynamicMethod _method = new(
        "GuestCode", typeof(Block), [typeof(Region), typeof(Cpu), typeof(int)], typeof(RegionEmitter).Module, skipVisibility: true);

    readonly ILGenerator _code;

    // Where the first block is.
    readonly LocalBuilder _rip;

    // Instructions of the blocks that were executed to their end.
    readonly LocalBuilder _completed;
    readonly LocalBuilder _exitCode;
    readonly Label[] _blocks;
    readonly Label _leave;

    // What is seldom gone to stands behind the rest.
    readonly List<(Label At, int Exit)> _sideExits = [];
    int _block;
    int _index;

    internal RegionEmitter(Region region, RegisterUse use)
    {
        _region = region;
        _use = use;
        _code = _method.GetILGenerator();
        _rip = _code.DeclareLocal(typeof(ulong));
        _completed = _code.DeclareLocal(typeof(long));
        _exitCode = _code.DeclareLocal(typeof(int));
        _flags = _code.DeclareLocal(typeof(LazyFlags));
        _flagsAside = _code.DeclareLocal(typeof(LazyFlags));
        _linear = _code.DeclareLocal(typeof(ulong));
        _value = _code.DeclareLocal(typeof(ulong));
        for (int register = 0; register < _registers.Length; register++)
            _registers[register] = _code.DeclareLocal(typeof(ulong));
        _blocks = new Label[region.Blocks.Length];
        for (int number = 0; number < _blocks.Length; number++)
            _blocks[number] = _code.DefineLabel();
        _leave = _code.DefineLabel();
    }

    /// <summary>Whether anybody sees the flags that the operation leaves behind.</summary>
    internal bool FlagsAreSeen { get; private set; }

    /// <summary>Begins the method: loads what it keeps in variables, and goes to the block that is entered.</summary>
    internal void Enter()
    {
        _code.Emit(OpCodes.Ldarg_0);
        _code.Emit(OpCodes.Ldarg_1);
        _code.Emit(OpCodes.Ldarg_2);
        _code.Emit(OpCodes.Call, _origin);
        _code.Emit(OpCodes.Stloc, _rip);
        LoadState();
        if (_blocks.Length == 1)
            return;
        _code.Emit(OpCodes.Ldarg_2);
        _code.Emit(OpCodes.Switch, _blocks);
    }

    /// <summary>Begins a block.</summary>
    internal void BeginBlock(int number)
    {
        _block = number;
        _flagSource = FlagSource.Unknown;
        _code.MarkLabel(_blocks[number]);
    }

    /// <summary>Begins an operation of the block's body.</summary>
    /// <param name="index">Where it stands.</param>
    /// <param name="flagsAreSeen">See <see cref="FlagsAreSeen"/>.</param>
    internal void Begin(int index, bool flagsAreSeen)
    {
        _index = index;
        FlagsAreSeen = flagsAreSeen;
    }

    /// <summary>Ends the method: the way out, which stores what was in variables.</summary>
    internal void Leave()
    {
        foreach ((Label at, int exit) in _sideExits)
        {
            _code.MarkLabel(at);
            Exit(exit);
        }
        _code.MarkLabel(_leave);
        StoreState();
        _code.Emit(OpCodes.Ldarg_0);
        _code.Emit(OpCodes.Ldarg_1);
        _code.Emit(OpCodes.Ldloc, _rip);
        _code.Emit(OpCodes.Ldloc, _completed);
        _code.Emit(OpCodes.Ldloc, _exitCode);
        _code.Emit(OpCodes.Call, _exit);
        _code.Emit(OpCodes.Ret);
    }

    internal TranslatedRegion Finish() => _method.CreateDelegate<TranslatedRegion>(_region);

    /// <summary>Executes the operation as it is.</summary>
    internal void CallOperation()
    {
        StoreState();
        StoreRip();
        CallExecute();
        LoadState();
        StopUnlessDone();
        _flagSource = FlagSource.Unknown;
    }

    /// <summary>Executes the operation as it is; it neither reads nor changes a general register, a flag or RIP.</summary>
    internal void CallApart()
    {
        CallExecute();
        StopUnlessDone();
    }

    /// <summary>Ends the block as it is.</summary>
    internal void CallEnd() => Exit(RegionExit.Finish(_block));

    /// <summary>Ends the block by going on elsewhere in any case.</summary>
    /// <param name="target">Where: bytes from the block's start.</param>
    internal void GoTo(ulong target) => FollowEdge(target, RegionExit.Finish(_block));

    /// <summary>The same where the end has stored, and may have stored to code.</summary>
    internal void GoToAfterStore(ulong target)
    {
        _code.Emit(OpCodes.Ldarg_1);
        _code.Emit(OpCodes.Call, _proceeds);
        ExitUnless(RegionExit.GoNext(_block));
        FollowEdge(target, RegionExit.GoNext(_block));
    }

    /// <summary>Ends the block by going to the address that was loaded last, most likely one behind a call of the region.</summary>
    internal void Return()
    {
        for (int number = 0; number < _blocks.Length; number++)
        {
            if (_region.Blocks[number].End.ReturnTarget is not { } target)
                continue;
            ulong distance = _region.Starts[number] + target - _region.Starts[_block];
            if (_region.IndexOf(_region.Starts[_block] + distance) < 0)
                continue;
            Label other = _code.DefineLabel();
            PushValue();
            PushRip(distance);
            _code.Emit(OpCodes.Bne_Un, other);
            FollowEdge(distance, RegionExit.GoNext(_block));
            _code.MarkLabel(other);
        }
        // So that the way out takes the address for the block's own.
        PushValue();
        PushConstant(_region.Starts[_block]);
        _code.Emit(OpCodes.Sub);
        _code.Emit(OpCodes.Stloc, _rip);
        Exit(RegionExit.GoNext(_block));
    }

    /// <summary>Ends the block by a condition on the flags.</summary>
    /// <param name="taken">Where to go on if it holds: bytes from the block's start.</param>
    /// <param name="next">Where to go on otherwise.</param>
    internal void GoToIf<TCondition>(ulong taken, ulong next)
        where TCondition : struct, ICondition
    {
        Label holds = _code.DefineLabel();
        PushCondition<TCondition>();
        _code.Emit(OpCodes.Brtrue, holds);
        FollowEdge(next, RegionExit.GoNext(_block));
        _code.MarkLabel(holds);
        FollowEdge(taken, RegionExit.Take(_block));
    }

    /// <summary>Leaves at the operation unless what is on the stack is true.</summary>
    internal void StopUnlessDone() => ExitUnless(RegionExit.Stop(_block, _index));

    void FollowEdge(ulong target, int exit)
    {
        ulong start = _region.Starts[_block] + target;
        int to = _region.IndexOf(start);
        if (to < 0)
        {
            Exit(exit);
            return;
        }
        _code.Emit(OpCodes.Ldloc, _completed);
        _code.Emit(OpCodes.Ldc_I8, (long)_region.Blocks[_block].Instructions);
        _code.Emit(OpCodes.Add);
        _code.Emit(OpCodes.Stloc, _completed);
        // Backwards: each loop has such an edge, and so a poll.
        if ((long)(start - _region.Starts[_block]) <= 0)
        {
            _code.Emit(OpCodes.Ldarg_1);
            _code.Emit(OpCodes.Ldloc, _completed);
            _code.Emit(OpCodes.Call, _mayGoOn);
            ExitUnless(RegionExit.GoTo(to));
        }
        _code.Emit(OpCodes.Br, _blocks[to]);
    }

    void ExitUnless(int exit)
    {
        Label side = _code.DefineLabel();
        _code.Emit(OpCodes.Brfalse, side);
        _sideExits.Add((side, exit));
    }

    void Exit(int exit)
    {
        _code.Emit(OpCodes.Ldc_I4, exit);
        _code.Emit(OpCodes.Stloc, _exitCode);
        _code.Emit(OpCodes.Br, _leave);
    }

    // The code that is not translated counts from its block's start.
    void StoreRip()
    {
        _code.Emit(OpCodes.Ldarg_1);
        PushRip(0);
        _code.Emit(OpCodes.Call, _moveTo);
    }


    // Its class is known, so no virtual call.
    void CallExecute()
    {
        Operation operation = _region.Blocks[_block].Body[_index];
        _code.Emit(OpCodes.Ldarg_0);
        _code.Emit(OpCodes.Ldc_I4, _block);
        _code.Emit(OpCodes.Ldc_I4, _index);
        _code.Emit(OpCodes.Call, _operationAt);
        _code.Emit(OpCodes.Castclass, operation.GetType());
        _code.Emit(OpCodes.Ldarg_1);
        _code.Emit(OpCodes.Call, ((Func<Cpu, bool>)operation.Execute).Method);
    }

    static bool MayGoOn(Cpu cpu, long completed) => cpu.MayGoOn(completed);

    static void MoveTo(Cpu cpu, ulong rip) => cpu.Rip = rip;
}
