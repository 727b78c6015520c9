using System;
using System.Collections.Generic;
using System.Threading;
using KvmSharp.Backends;
using KvmSharp.Cli.Conform.Language;
using KvmSharp.Cli.Conform.Machines;

namespace KvmSharp.Cli.Conform.Operations;

/// <summary><c>vcpu ID</c>: <c>KVM_CREATE_VCPU</c>. <c>vcpu close ID</c> closes the descriptor of one.</summary>
sealed class CreateVcpu : Operation
{
    readonly bool _closes;
    readonly Expression _id;

    internal CreateVcpu(ArgumentReader reader)
    {
        Argument id = reader.Word("an id");
        _closes = id.Text == "close";
        _id = _closes ? reader.Number("an id") : Expression.Parse(id.Text, id.Column);
    }

    internal override string Run(ConformMachine machine)
    {
        if (!_closes)
            return Outcome.Of(machine.CreateVcpu(_id.On(0)));
        return machine.CloseVcpu((uint)_id.On(0)) ? Outcome.Done : VcpuOperation.NoVcpu;
    }
}

/// <summary><c>vcpus COUNT first= step=</c>: creates vCPUs until one is refused; how many there were.</summary>
sealed class CreateVcpus(ArgumentReader reader) : Operation
{
    const ulong Most = 5000;

    readonly Expression _count = reader.Number("a count");
    readonly Expression _first = reader.Number("first", 0);
    readonly Expression _step = reader.Number("step", 1);

    internal override string Run(ConformMachine machine)
    {
        ulong count = Math.Min(_count.On(0), Most);
        for (ulong index = 0; index < count; index++)
        {
            KvmErrno errno = machine.CreateVcpu(_first.On(0) + (index * _step.On(0)));
            if (errno != KvmErrno.None)
                return $"{Outcome.Of(index)} then {Outcome.Of(errno)}";
        }
        return Outcome.Of(count);
    }
}

/// <summary>An operation on a vCPU that executes instructions.</summary>
abstract class VcpuOperation(ArgumentReader reader) : Operation
{
    internal const string NoVcpu = "no-vcpu";

    readonly Expression _id = reader.Number("a vCPU");

    internal sealed override ConformFeature Needs => ConformFeature.Cpu;

    internal sealed override string Run(ConformMachine machine)
    {
        if (machine.FindVcpu((uint)_id.On(0)) is not { } vcpu)
            return NoVcpu;
        try
        {
            return Run(machine, vcpu);
        }
        catch (KvmException exception)
        {
            return Outcome.Of(exception.Errno);
        }
    }

    private protected abstract string Run(ConformMachine machine, IVcpu vcpu);
}

/// <summary>
/// <c>start VCPU rip= rax= rbx= rcx= rdx=</c>: real mode, the code segment at 0, a data segment of 4 GiB.
/// </summary>
sealed class StartVcpu(ArgumentReader reader) : VcpuOperation(reader)
{
    readonly Expression _rip = reader.Number("rip", 0);
    readonly Expression _rax = reader.Number("rax", 0);
    readonly Expression _rbx = reader.Number("rbx", 0);
    readonly Expression _rcx = reader.Number("rcx", 0);
    readonly Expression _rdx = reader.Number("rdx", 0);

    private protected override string Run(ConformMachine machine, IVcpu vcpu)
    {
        vcpu.GetSregs(out KvmSregs sregs);
        sregs.Cs.Base = 0;
        sregs.Cs.Selector = 0;
        sregs.Ds.Limit = uint.MaxValue;
        sregs.Ds.G = 1;
        vcpu.SetSregs(sregs);
        vcpu.SetRegs(new KvmRegs
        {
            Rip = _rip.On(0),
            Rax = _rax.On(0),
            Rbx = _rbx.On(0),
            Rcx = _rcx.On(0),
            Rdx = _rdx.On(0),
            Rflags = 2,
        });
        return Outcome.Done;
    }
}

/// <summary>
/// <c>run VCPU answer=BYTES kick=MILLISECONDS</c>: <c>KVM_RUN</c>; the exit. The bytes are what the guest is to get if it waits for
/// an answer; after so long another thread kicks the vCPU.
/// </summary>
sealed class RunVcpu(ArgumentReader reader) : VcpuOperation(reader)
{
    const ulong LongestWait = 10_000;

    readonly byte[] _answer = ReadAnswer(reader);
    readonly ulong? _kickAfter = ReadWait(reader);

    private protected override string Run(ConformMachine machine, IVcpu vcpu)
    {
        machine.RequireRunnable();
        using Timer? kick = _kickAfter is { } wait
            ? new Timer(static state => ((IVcpu)state!).Kick(), vcpu, TimeSpan.FromMilliseconds(wait), Timeout.InfiniteTimeSpan)
            : null;
        VcpuExit exit = vcpu.Run();
        string text = ExitText.Of(exit);
        _answer.AsSpan(0, Math.Min(_answer.Length, exit.Data.Length)).CopyTo(exit.Data);
        return text;
    }

    static ulong? ReadWait(ArgumentReader reader)
    {
        if (!reader.TryTake("kick", out Argument wait))
            return null;
        return Expression.TryParseNumber(wait.Text, out ulong milliseconds) && milliseconds <= LongestWait
            ? milliseconds
            : throw new ConformSyntaxException(wait.Column, $"\"{wait.Text}\" is not from 0 to {LongestWait} ms");
    }

    static byte[] ReadAnswer(ArgumentReader reader)
    {
        if (!reader.TryTake("answer", out Argument answer))
            return [];
        try
        {
            return Convert.FromHexString(answer.Text);
        }
        catch (FormatException)
        {
            throw new ConformSyntaxException(answer.Column, $"\"{answer.Text}\" is not bytes in hex");
        }
    }
}

/// <summary><c>reg VCPU NAME</c>: a register; <c>al</c>, <c>ax</c> and <c>eax</c> are parts of <c>rax</c>.</summary>
sealed class GetRegister : VcpuOperation
{
    static readonly Dictionary<string, Func<KvmRegs, ulong>> _registers = new(StringComparer.Ordinal)
    {
        ["rip"] = static regs => regs.Rip,
        ["rflags"] = static regs => regs.Rflags,
        ["rax"] = static regs => regs.Rax,
        ["eax"] = static regs => (uint)regs.Rax,
        ["ax"] = static regs => (ushort)regs.Rax,
        ["al"] = static regs => (byte)regs.Rax,
        ["rbx"] = static regs => regs.Rbx,
        ["rcx"] = static regs => regs.Rcx,
        ["rdx"] = static regs => regs.Rdx,
        ["rsp"] = static regs => regs.Rsp,
    };

    readonly Func<KvmRegs, ulong> _register;

    internal GetRegister(ArgumentReader reader)
        : base(reader)
    {
        Argument name = reader.Word("a register");
        _register = _registers.TryGetValue(name.Text, out Func<KvmRegs, ulong>? register)
            ? register
            : throw new ConformSyntaxException(name.Column, $"\"{name.Text}\" is none of {string.Join(", ", _registers.Keys)}");
    }

    private protected override string Run(ConformMachine machine, IVcpu vcpu)
    {
        vcpu.GetRegs(out KvmRegs regs);
        return Outcome.Of(_register(regs));
    }
}

/// <summary>
/// <c>immediate VCPU on|off</c>: <c>kvm_run.immediate_exit</c>. <c>window VCPU on|off</c>: <c>kvm_run.request_interrupt_window</c>.
/// </summary>
sealed class SetSwitch : VcpuOperation
{
    readonly Action<IVcpu, bool> _set;
    readonly bool _on;

    internal SetSwitch(ArgumentReader reader, Action<IVcpu, bool> set)
        : base(reader)
    {
        _set = set;
        Argument word = reader.Word("\"on\" or \"off\"");
        _on = word.Text is "on" or "off"
            ? word.Text == "on"
            : throw new ConformSyntaxException(word.Column, $"\"{word.Text}\" is neither \"on\" nor \"off\"");
    }

    private protected override string Run(ConformMachine machine, IVcpu vcpu)
    {
        _set(vcpu, _on);
        return Outcome.Done;
    }
}

/// <summary><c>kick VCPU</c>: ends a run that is under way, or the next one.</summary>
sealed class KickVcpu(ArgumentReader reader) : VcpuOperation(reader)
{
    private protected override string Run(ConformMachine machine, IVcpu vcpu)
    {
        vcpu.Kick();
        return Outcome.Done;
    }
}

/// <summary><c>triple-fault VCPU</c>: makes one pending, by <c>KVM_SET_VCPU_EVENTS</c>.</summary>
sealed class SetTripleFault(ArgumentReader reader) : VcpuOperation(reader)
{
    private protected override string Run(ConformMachine machine, IVcpu vcpu)
    {
        vcpu.GetEvents(out KvmVcpuEvents events);
        events.TripleFaultPending = 1;
        events.Flags |= KvmVcpuEventsFlags.ValidTripleFault;
        vcpu.SetEvents(events);
        return Outcome.Done;
    }
}
